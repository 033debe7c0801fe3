import { assertEquals } from "@std/assert";
import { followFlows } from "./follow_flows.ts";
import { FakeClock } from "./testing/fake_clock.ts";
import { settle } from "./testing/settle.ts";

const HELLO = `event: hello\ndata: {"flows":[{"flowId":"a","epoch":"ea","seq":1,` +
  `"recovered":false,"reason":"new"}],"complete":true}\n\n`;
const SNAPSHOT = `event: snapshot\nid: 1-ea\ndata: {"flowId":"a","type":"snapshot","flow":` +
  `{"id":"a","status":"running","startedAt":1},"nodes":[],"relationships":[]}\n\n`;

/** Answers as a router does, one stream for each request; the test writes into the latest. */
function fakeRouter() {
  const requests: { url: string; lastEventId: string | null }[] = [];
  const encoder = new TextEncoder();
  let stream: ReadableStreamDefaultController<Uint8Array> | undefined;
  let status = 200;
  return {
    requests,
    say: (text: string) => stream?.enqueue(encoder.encode(text)),
    cut: () => stream?.error(new TypeError("cut")),
    answer: (next: number) => status = next,
    fetch: (input: string | URL | Request, init?: RequestInit) => {
      const headers = new Headers(init?.headers);
      requests.push({ url: String(input), lastEventId: headers.get("last-event-id") });
      const body = new ReadableStream<Uint8Array>({ start: (made) => void (stream = made) });
      const type = { "content-type": "text/event-stream" };
      return Promise.resolve(new Response(status === 200 ? body : "", { status, headers: type }));
    },
  };
}

async function following() {
  const router = fakeRouter();
  const clock = new FakeClock();
  const states: string[] = [];
  const changes: string[][] = [];
  const flows = followFlows({
    url: "http://router.example/prefix",
    patterns: ["a*", "b&c"],
    fetch: router.fetch,
    clock,
    random: () => 0,
    onConnection: ({ state }) => states.push(state),
    onFlows: (changed) => changes.push([...changed]),
  });
  await settle();
  return { router, clock, states, changes, flows };
}

Deno.test("flows are asked for by pattern, and told once for each chunk", async () => {
  const { router, states, changes, flows } = await following();
  assertEquals(router.requests, [
    { url: "http://router.example/prefix/v1/stream?flow=a*&flow=b%26c", lastEventId: null },
  ]);
  router.say(HELLO + SNAPSHOT);
  await settle();
  assertEquals([states, changes, [...flows.states.keys()]], [["live"], [["a"]], ["a"]]);
  flows.close();
  await flows.closed;
  assertEquals(flows.connection.state, "closed");
});

Deno.test("after a cut the stream is asked for from where it was, and the picture stays", async () => {
  const { router, clock, states, flows } = await following();
  router.say(HELLO + SNAPSHOT);
  await settle();
  router.answer(502);
  router.cut();
  await settle();
  assertEquals([states.at(-1), flows.states.size], ["resuming", 1]);
  clock.advance(1_000);
  await settle();
  assertEquals([states.at(-1), flows.states.size], ["stale", 1]);
  router.answer(200);
  flows.retryNow();
  await settle();
  assertEquals(router.requests.map(({ lastEventId }) => lastEventId), [null, "1-ea", "1-ea"]);
  router.say(
    HELLO.replace('"recovered":false,"reason":"new"', '"recovered":true,"reason":"resumed"'),
  );
  await settle();
  assertEquals(states.at(-1), "live");
  flows.close();
  await flows.closed;
});

Deno.test("a stream that breaks its order is left, and begun anew by snapshots", async () => {
  const { router, clock, states, flows } = await following();
  router.say(HELLO + SNAPSHOT + SNAPSHOT);
  await settle();
  assertEquals(states.at(-1), "resuming");
  clock.advance(1_000);
  await settle();
  assertEquals(router.requests.at(-1)?.lastEventId, null);
  flows.close();
  await flows.closed;
});

Deno.test("a stream on which nothing is heard is left", async () => {
  const { router, clock, states, flows } = await following();
  router.say(HELLO);
  await settle();
  clock.advance(37_500);
  await settle();
  assertEquals(states.at(-1), "resuming");
  flows.close();
  await flows.closed;
});
