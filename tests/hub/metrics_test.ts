import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { storyText } from "../../hub/server/testing/memory_hub.ts";
import { drained, EngramClient, startConnector } from "./testing/test_connector.ts";
import { AT_LEAST_ONCE } from "./testing/test_engram.ts";
import { startHub } from "./testing/test_hub.ts";

const STEPS = [{ name: "a" }, { name: "b", needs: ["a"] }];

/** What the original's dashboards ask for, with the types that it has. */
const OF_HUB = {
  bobravoz_hub_buffer_current_size: "gauge",
  bobravoz_hub_buffer_current_bytes: "gauge",
  bobravoz_hub_messages_dropped_total: "counter",
  bobravoz_hub_buffer_flushed_total: "counter",
  bobravoz_hub_buffer_max_messages_config: "gauge",
  bobravoz_hub_buffer_max_bytes_config: "gauge",
  bobravoz_hub_heartbeat_interval_seconds: "gauge",
  bobravoz_hub_heartbeat_failures_total: "counter",
  bobravoz_hub_heartbeats_received_total: "counter",
  bobravoz_hub_startup_capabilities_observations_total: "counter",
  bobravoz_hub_event_time_watermark_seconds: "gauge",
  bobravoz_hub_event_time_lag_seconds: "histogram",
  bobravoz_hub_stream_recordings_total: "counter",
  bobravoz_hub_replay_last_ack: "gauge",
  bobravoz_hub_replay_unacked_current: "gauge",
  bobravoz_hub_active_streams: "gauge",
};
const OF_CONNECTOR = {
  bobravoz_connector_capability_changes_total: "counter",
  bobravoz_connector_capability_field_events_total: "counter",
  bobravoz_connector_capability_drops_total: "counter",
  bobravoz_connector_capability_skips_total: "counter",
  bobravoz_connector_capability_listeners: "gauge",
  bobravoz_connector_downstream_drops_total: "counter",
  bobravoz_connector_control_directives_total: "counter",
  bobravoz_connector_reporter_exits_total: "counter",
  bobravoz_connector_connection_state: "gauge",
  bobravoz_connector_patch_success_total: "counter",
  bobravoz_connector_patch_failures_total: "counter",
};
const OF_GRPC = {
  grpc_server_started_total: "counter",
  grpc_server_handled_total: "counter",
  grpc_server_msg_received_total: "counter",
  grpc_server_msg_sent_total: "counter",
  grpc_server_handling_seconds: "histogram",
};

async function ask(port: number): Promise<string> {
  return await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
}

function assertTypes(text: string, expected: Record<string, string>): void {
  for (const [name, type] of Object.entries(expected)) {
    assertStringIncludes(text, `# TYPE ${name} ${type}\n`);
  }
}

Deno.test("hub and connector have every metric of the original, and those of gRPC", async () => {
  await using hub = await startHub(storyText(STEPS, AT_LEAST_ONCE));
  await using a = await startConnector(hub, "a", AT_LEAST_ONCE);
  await using b = await startConnector(hub, "b", AT_LEAST_ONCE);
  using producer = new EngramClient(a.port);
  for (const n of [0, 1, 2]) await producer.send(n);
  // They wait in the hub until somebody is there for them.
  while (!a.running.connector.hubConnected) await new Promise((resolve) => setTimeout(resolve, 5));
  using consumer = new EngramClient(b.port);
  await consumer.until(() => consumer.got.length === 3);
  await drained(a);
  const [ofHub, ofConnector] = await Promise.all([
    ask(hub.running.httpPort),
    ask(a.running.http!.port),
  ]);
  assertTypes(ofHub, { ...OF_HUB, ...OF_GRPC });
  assertTypes(ofConnector, { ...OF_CONNECTOR, ...OF_GRPC });
  const count = (text: string, start: string) =>
    Number(text.split("\n").find((line) => line.startsWith(start))?.split(" ").at(-1));
  const process =
    'total{grpc_type="bidi_stream",grpc_service="transport.v1.HubService",grpc_method="Process"';
  assertEquals(count(ofHub, `grpc_server_started_${process}`), 2);
  assert(count(ofHub, `grpc_server_msg_received_${process}`) > 0);
  assert(count(ofHub, `grpc_server_msg_sent_${process}`) > 0);
  const data = 'grpc_service="transport.v1.TransportConnectorService",grpc_method="Data"';
  const received = `grpc_server_msg_received_total{grpc_type="bidi_stream",${data}`;
  assertEquals(count(ofConnector, received), 3);
});
