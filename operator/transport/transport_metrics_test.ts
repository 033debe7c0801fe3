import { assertStringIncludes } from "@std/assert";
import { Registry } from "prom-client";
import { TransportMetrics } from "./transport_metrics.ts";

Deno.test("waiting for bindings is counted while it lasts and measured when it ends", async () => {
  const registry = new Registry();
  const metrics = new TransportMetrics(registry);
  metrics.bindingsWaited("pending", 1);
  metrics.bindingsWaited("pending", 3);
  metrics.bindingsWaited("ready", 4);
  const text = await registry.metrics();
  for (
    const line of [
      'bobravoz_transport_binding_pending_total{transport="grpc"} 2',
      'bobravoz_transport_binding_wait_seconds_count{transport="grpc",phase="pending"} 2',
      'bobravoz_transport_binding_wait_seconds_sum{transport="grpc",phase="ready"} 4',
    ]
  ) assertStringIncludes(text, line);
});
