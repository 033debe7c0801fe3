/**
 * What users of other SSE hubs ran into, as far as no other test is about just that. The rest: the
 * three spellings of Last-Event-ID in app_test.ts; streams that outlive their clients in
 * vanished_clients_test.ts; pages that stay silent after a restart in tests/router/continuity_test.ts.
 */
import { assertEquals, assertGreater } from "@std/assert";
import type { SseEvent } from "../contracts/sse_decoder.ts";
import { RawClient } from "./testing/raw_client.ts";
import { SseClient } from "./testing/sse_client.ts";
import { startServer, type TestServer } from "./testing/start_server.ts";
import { until } from "./testing/until.ts";

const stream = (server: TestServer) => `${server.url}/v1/flows/f/stream`;
const upsert = (label: string) => ({
  type: "upsert-nodes",
  nodes: [{ id: "n", flowId: "f", label, status: "running" }],
});

async function post(server: TestServer, body: unknown): Promise<{ seq: number; epoch: string }> {
  const response = await fetch(`${server.url}/v1/flows/f/events`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  assertEquals(response.status, 200);
  return await response.json();
}

/** Reads until the message with this seq. */
async function readTo(client: SseClient, seq: number): Promise<SseEvent[]> {
  const events: SseEvent[] = [];
  while (Number(events.at(-1)?.lastEventId.split("-")[0]) !== seq) {
    const event = await client.next();
    if (event === undefined) throw new Error("the stream ended");
    events.push(event);
  }
  return events;
}

Deno.test("nothing is lost between replay and going live (dunglas/mercure#178)", async () => {
  await using server = await startServer();
  let { seq, epoch } = await post(server, upsert("0"));
  let over = false;
  const publishing = (async () => {
    while (!over) ({ seq } = await post(server, [upsert("a"), upsert("b")]));
  })();
  const clients = await Promise.all(
    // Each starts somewhere else, while messages come all the time.
    Array.from({ length: 40 }, async (_, i) => {
      await new Promise((resolve) => setTimeout(resolve, 3 * i));
      const from = Math.max(0, seq - i);
      return {
        from,
        client: await SseClient.open(stream(server), { "Last-Event-ID": `${from}-${epoch}` }),
      };
    }),
  );
  over = true;
  await publishing;
  assertGreater(seq, 50);
  for (const { from, client } of clients) {
    const [hello, ...events] = await readTo(client, seq);
    assertEquals(JSON.parse(hello!.data).reason, "resumed");
    const seqs = events.map(({ lastEventId }) => Number(lastEventId.split("-")[0]));
    assertEquals(seqs, Array.from({ length: seq - from }, (_, i) => from + 1 + i));
    await client[Symbol.asyncDispose]();
  }
});

Deno.test("an id that the router never saw is answered, not waited for (dunglas/mercure#704)", async () => {
  await using server = await startServer();
  const { seq, epoch } = await post(server, upsert("0"));
  for (
    const [lastEventId, reason] of [
      ["urn:uuid:5e94c686-2c0b-4f9b-958c-92ccc3bbb4eb", "unknown"],
      ["1-aaaaaaaaaaaaa", "epoch-changed"],
      [`${seq + 1}-${epoch}`, "ahead"],
    ] as const
  ) {
    await using client = await SseClient.open(stream(server), { "Last-Event-ID": lastEventId });
    const [hello, snapshot] = await client.take(2);
    assertEquals([hello?.event, JSON.parse(hello!.data).reason], ["hello", reason]);
    assertEquals([snapshot?.event, snapshot?.lastEventId], ["snapshot", `${seq}-${epoch}`]);
  }
});

Deno.test("an id that publishers use again replays nothing again (dunglas/mercure#586)", async () => {
  await using server = await startServer();
  await using client = await SseClient.open(stream(server));
  await client.take(2);
  const message = { ...upsert("again"), id: "1", lastEventId: "1" };
  let { seq, epoch } = await post(server, message);
  for (let i = 0; i < 3; i++) ({ seq } = await post(server, message));
  const events = await readTo(client, seq);
  // Each is an event of its own, under an id of the router's.
  assertEquals(
    events.map(({ lastEventId }) => lastEventId),
    [1, 2, 3, 4].map((n) => `${n}-${epoch}`),
  );

  await using back = await SseClient.open(stream(server), { "Last-Event-ID": `${seq}-${epoch}` });
  ({ seq } = await post(server, message));
  const later = await readTo(back, seq);
  assertEquals(later.map(({ event }) => event), ["hello", "upsert-nodes"]);
});

Deno.test("a reader that leaves while it is waited for is not waited for ever (fastagent#37)", async () => {
  await using server = await startServer({ ringCapacity: 64 });
  const metric = async (name: string) => {
    const text = await (await fetch(`${server.url}/metrics`)).text();
    return Number(new RegExp(`^headrace_${name} (\\d+)$`, "m").exec(text)?.[1]);
  };
  {
    using client = await RawClient.connect(server);
    await client.send("GET /v1/flows/f/stream HTTP/1.1\r\nHost: x\r\n\r\n");
    await until("its stream is open", async () => await metric("streams") === 1);
    await until("it takes no more", async () => {
      await post(server, Array.from({ length: 10 }, () => upsert("x".repeat(50_000))));
      return await metric("queued_bytes") > 0;
    });
  }
  // It closes, and never drains.
  await until("its stream is gone", async () => await metric("streams") === 0);
  assertEquals(await metric("queued_bytes"), 0);
  assertEquals(server.lines.filter(({ level }) => level === "ERROR"), []);
});
