import { assertStringIncludes } from "@std/assert";
import { Registry } from "prom-client";
import { CallMetrics } from "./call_metrics.ts";

Deno.test("a call is counted when it begins, and once by status and time when it is over", async () => {
  let now = 0;
  const calls = new CallMetrics(() => now);
  const registry = new Registry();
  calls.register(registry);
  const stats = calls.of("/transport.v1.HubService/Process");
  const [first, second] = [stats.begin(), stats.begin()];
  stats.received += 5;
  stats.sent += 7;
  now = 1_500;
  first(0);
  second(14);
  second(1);
  stats.begin();
  const text = await registry.metrics();
  const method =
    'grpc_type="bidi_stream",grpc_service="transport.v1.HubService",grpc_method="Process"';
  for (
    const line of [
      `grpc_server_started_total{${method}} 3`,
      `grpc_server_msg_received_total{${method}} 5`,
      `grpc_server_msg_sent_total{${method}} 7`,
      `grpc_server_handled_total{${method},grpc_code="OK"} 1`,
      `grpc_server_handled_total{${method},grpc_code="Unavailable"} 1`,
      `grpc_server_handling_seconds_sum{${method}} 3`,
      `grpc_server_handling_seconds_count{${method}} 2`,
    ]
  ) assertStringIncludes(text, `${line}\n`);
});
