import { assertEquals, assertMatch } from "@std/assert";
import { SseClient } from "./testing/sse_client.ts";
import { startServer, type TestServer } from "./testing/start_server.ts";

async function metrics(server: TestServer): Promise<(name: string) => number | undefined> {
  const response = await fetch(`${server.url}/metrics`);
  assertMatch(response.headers.get("Content-Type")!, /^text\/plain; version=0\.0\.4/);
  const lines = (await response.text()).split("\n");
  return (name) => {
    const line = lines.find((line) => line.startsWith(`headrace_${name} `));
    return line === undefined ? undefined : Number(line.split(" ").at(-1));
  };
}

const post = async (server: TestServer, ids: string[], headers: Record<string, string> = {}) => {
  const response = await fetch(`${server.url}/v1/flows/f/events`, {
    method: "POST",
    headers: { "Content-Type": "application/json", ...headers },
    body: JSON.stringify(ids.map((id) => ({
      type: "upsert-nodes",
      nodes: [{ id, flowId: "f", label: id, status: "running" }],
    }))),
  });
  return await response.json();
};

Deno.test("metrics count what came in, what went out and how streams started", async () => {
  await using server = await startServer({ ringCapacity: 2 });
  const { epoch } = await post(server, ["a", "b", "c"]);
  await using fresh = await SseClient.open(`${server.url}/v1/flows/f/stream`);
  await fresh.take(2);
  await using resumed = await SseClient.open(`${server.url}/v1/flows/f/stream`, {
    "Last-Event-ID": `2-${epoch}`,
  });
  await resumed.take(2);
  await using evicted = await SseClient.open(`${server.url}/v1/flows/f/stream`, {
    "Last-Event-ID": `0-${epoch}`,
  });
  await evicted.take(2);
  await post(server, ["d"]);
  await Promise.all([fresh, resumed, evicted].map((stream) => stream.take(1)));
  const value = await metrics(server);
  assertEquals(value("messages_accepted_total"), 4);
  assertEquals(value("ring_evicted_messages_total"), 2);
  assertEquals(value("stream_messages_total"), 4);
  assertEquals(value("streams"), 3);
  assertEquals(value('streams_started_total{reason="new"}'), 1);
  assertEquals(value('streams_started_total{reason="resumed"}'), 1);
  assertEquals(value('streams_started_total{reason="evicted"}'), 1);
  assertEquals(
    value('http_requests_total{method="POST",route="/v1/flows/:flowId/events",status="200"}'),
    2,
  );
  assertEquals(value("stream_tick_seconds_count"), 1);
});

Deno.test("no metric names a flow", async () => {
  await using server = await startServer();
  await post(server, ["a"]);
  await (await fetch(`${server.url}/v1/flows/secret-flow/snapshot`)).body?.cancel();
  const text = await (await fetch(`${server.url}/metrics`)).text();
  assertEquals(text.includes("secret-flow"), false);
});

Deno.test("a trace context is kept on messages that have none, a broken one is not", async () => {
  await using server = await startServer();
  const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  await post(server, ["a"], { traceparent });
  await post(server, ["b"], { traceparent: "banana" });
  await using stream = await SseClient.open(`${server.url}/v1/flows/f/stream?last_event_id=0`);
  const [, a, b] = await stream.take(3);
  assertEquals(JSON.parse(a!.data).traceparent, traceparent);
  assertEquals(JSON.parse(b!.data).traceparent, undefined);
});
