import { assertStringIncludes } from "@std/assert";
import { Registry } from "prom-client";
import { TransportMetrics } from "./transport_metrics.ts";

Deno.test("waiting for bindings is counted while it lasts and measured when it ends, and what Engrams were told is counted", async () => {
  const registry = new Registry();
  const metrics = new TransportMetrics(registry);
  metrics.bindingsWaited("pending", 1);
  metrics.bindingsWaited("pending", 3);
  metrics.bindingsWaited("ready", 4);
  metrics.engramTold("demo", true);
  metrics.engramTold("demo", true);
  metrics.engramTold("demo", false);
  const text = await registry.metrics();
  for (
    const line of [
      'bobravoz_transport_binding_pending_total{transport="grpc"} 2',
      'bobravoz_transport_binding_wait_seconds_count{transport="grpc",phase="pending"} 2',
      'bobravoz_transport_binding_wait_seconds_sum{transport="grpc",phase="ready"} 4',
      'bobravoz_engram_transport_readiness_changes_total{ready="true"} 2',
      'bobravoz_engram_transport_readiness_changes_total{ready="false"} 1',
      'bobravoz_transport_cleanup_engram_total{namespace="demo"} 1',
    ]
  ) assertStringIncludes(text, line);
});
