import { assert, assertEquals, assertThrows } from "@std/assert";
import type { FlowMessage } from "../contracts/flow.ts";
import { snapshotOf } from "../contracts/fold.ts";
import { encodeSseEvent } from "../contracts/sse_encode.ts";
import type { Connection } from "./connection.ts";
import { subscribe, type SubscribeOptions } from "./subscribe.ts";
import { SubscribeError } from "./subscribe_error.ts";
import { FakeClock } from "./testing/fake_clock.ts";
import { FakeRouter } from "./testing/fake_router.ts";
import { settle } from "./testing/settle.ts";

const FLOW = "rollout";
const node = (id: string, status = "running"): FlowMessage => ({
  type: "upsert-nodes",
  nodes: [{ id, flowId: FLOW, label: id, status }],
});

/** A subscription to a fake router, with all that its callbacks were told. */
async function follow(router = new FakeRouter(FLOW), options: Partial<SubscribeOptions> = {}) {
  const clock = new FakeClock();
  const connections: Connection[] = [];
  const errors: SubscribeError[] = [];
  const told: string[] = [];
  const subscription = subscribe({
    url: "http://router.example",
    flowId: FLOW,
    fetch: router.fetch,
    clock,
    random: () => 0,
    onConnection: (connection) => connections.push(connection),
    onError: (error) => errors.push(error),
    onMessage: (message, { seq }) => told.push(`${seq} ${message.type}`),
    ...options,
  });
  await settle();
  return {
    router,
    clock,
    connections,
    errors,
    told,
    subscription,
    states: () => connections.map(({ state }) => state),
    lastEventIds: () => router.requests.map(({ headers }) => headers.get("last-event-id")),
    async wait(milliseconds: number) {
      await settle();
      clock.advance(milliseconds);
      await settle();
    },
    assertWhole() {
      assertEquals(snapshotOf(subscription.state), router.snapshot);
      assertEquals(`${subscription.position?.seq}-${subscription.position?.epoch}`, router.cursor);
    },
    async end() {
      subscription.close();
      await subscription.closed;
      assertEquals(clock.nextTimer, undefined, "no timer outlives the subscription");
      assertEquals(router.openStreams, 0, "no connection outlives the subscription");
    },
  };
}

Deno.test("subscribe takes the snapshot and folds what follows", async () => {
  const router = new FakeRouter(FLOW);
  router.publish(node("a"));
  const f = await follow(router);
  router.publish(node("b"));
  await settle();
  f.assertWhole();
  assertEquals(f.told, ["1 snapshot", "2 upsert-nodes"]);
  assertEquals(f.states(), ["live"]);
  await f.end();
});

Deno.test("subscribe resumes after a cut at exactly the next message", async () => {
  const f = await follow();
  f.router.publish(node("a"));
  await settle();
  f.router.cutStreams();
  f.router.publish(node("b"));
  f.router.publish(node("c"));
  await f.wait(500);
  f.assertWhole();
  assertEquals(f.lastEventIds(), [null, `1-${f.router.epoch}`]);
  assertEquals(f.told, ["0 snapshot", "1 upsert-nodes", "2 upsert-nodes", "3 upsert-nodes"]);
  // A new `resuming` for hello would say nothing new: since is the same.
  assertEquals(f.states(), ["live", "resuming", "live"]);
  await f.end();
});

Deno.test("subscribe is whole again after the router lost its log", async () => {
  const f = await follow();
  f.router.publish(node("a"));
  await settle();
  f.router.restart();
  f.router.publish(node("z"));
  await f.wait(500);
  f.assertWhole();
  assertEquals(f.connections.at(-1), { state: "resynced", reason: "epoch-changed" });
  await f.end();
});

Deno.test("subscribe starts again from nothing when the flow is deleted", async () => {
  const f = await follow();
  f.router.publish(node("a"));
  await settle();
  f.router.delete();
  await settle();
  assertEquals(f.subscription.state.nodes.size, 0);
  await f.wait(500);
  f.assertWhole();
  assertEquals(f.lastEventIds(), [null, null]);
  assertEquals(f.connections.at(-1), { state: "resynced", reason: "deleted" });
  await f.end();
});

Deno.test("subscribe never goes on past a lost message", async () => {
  const f = await follow();
  f.router.accept(node("lost"));
  f.router.publish(node("next"));
  await settle();
  assert(!f.subscription.state.nodes.has(`${FLOW}\u0000next`), "the gap is not folded over");
  assertEquals(f.errors.map(({ code }) => code), ["gap"]);
  await f.wait(500);
  f.assertWhole();
  assertEquals(f.lastEventIds(), [null, null]);
  assertEquals(f.connections.at(-1), { state: "resynced", reason: "gap" });
  await f.end();
});

Deno.test("subscribe leaves a stream that it cannot read", async () => {
  const f = await follow();
  f.router.send(encodeSseEvent("upsert-nodes", "{}", `1-${f.router.epoch}`));
  await settle();
  assertEquals(f.router.openStreams, 0);
  await f.wait(500);
  assertEquals(f.connections.at(-1), { state: "resynced", reason: "malformed" });
  await f.end();
});

Deno.test("subscribe ignores what a stream brings after the event that broke it", async () => {
  const f = await follow();
  const { epoch } = f.router;
  f.router.send(
    encodeSseEvent("upsert-nodes", JSON.stringify(node("lost")), `2-${epoch}`) +
      encodeSseEvent("upsert-nodes", JSON.stringify(node("late")), `1-${epoch}`),
  );
  await settle();
  assertEquals(f.subscription.state.nodes.size, 0);
  await f.end();
});

Deno.test("subscribe leaves a connection that is silent for 2.5 heartbeats", async () => {
  const f = await follow();
  const heardAt = f.clock.now();
  await f.wait(37_499);
  assertEquals(f.router.requests.length, 1);
  await f.wait(1);
  assertEquals(f.errors.map(({ code }) => code), ["timeout"]);
  assertEquals(f.connections.at(-1), { state: "resuming", since: heardAt });
  await f.wait(500);
  assertEquals(f.connections.at(-1), { state: "live" });
  await f.end();
});

Deno.test("subscribe stays on a connection that brings nothing but heartbeats", async () => {
  const f = await follow();
  for (let heartbeat = 0; heartbeat < 10; heartbeat++) {
    await f.wait(15_000);
    f.router.heartbeat();
    await settle();
  }
  assertEquals(f.router.requests.length, 1);
  await f.end();
});

Deno.test("subscribe gives up a router that takes the request and never answers", async () => {
  const router = new FakeRouter(FLOW);
  router.answer = ({ signal }) =>
    new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  const f = await follow(router);
  await f.wait(37_500);
  assertEquals(f.errors.map(({ code }) => code), ["timeout"]);
  assertEquals(f.connections.at(-1)?.state, "connecting");
  router.answer = undefined;
  await f.wait(1_000);
  assertEquals(f.connections.at(-1), { state: "live" });
  await f.end();
});

Deno.test("subscribe notices on waking that the connection died in its sleep", async () => {
  const f = await follow();
  f.clock.sleep(8 * 3_600_000);
  await f.wait(0);
  await f.wait(500);
  assertEquals(f.router.requests.length, 2);
  assertEquals(f.connections.at(-1), { state: "live" });
  await f.end();
});

Deno.test("subscribe waits longer after each failure, from the router's retry on", async () => {
  const f = await follow();
  f.router.answer = () => Promise.reject(new TypeError("refused"));
  f.router.cutStreams();
  await settle();
  const pauses: number[] = [];
  for (let attempt = 0; attempt < 9; attempt++) {
    pauses.push(f.clock.nextTimer ?? NaN);
    await f.wait(f.clock.nextTimer ?? 0);
  }
  assertEquals(pauses, [250, 250, 500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000]);
  const stale = f.connections.at(-1);
  assert(stale?.state === "stale" && stale.since === 1_000_000);
  f.router.answer = undefined;
  await f.wait(15_000);
  assertEquals(f.connections.at(-1), { state: "live" });
  await f.end();
});

Deno.test("subscribe reports a refusal and comes back slowly", async () => {
  const router = new FakeRouter(FLOW);
  router.answer = () => new Response("no", { status: 403 });
  const f = await follow(router);
  assertEquals(f.errors[0]?.status, 403);
  const { connection } = f.subscription;
  assert(connection.state === "connecting" && connection.error?.isRefusal === true);
  assertEquals(f.clock.nextTimer, 30_000);
  await f.end();
});

for (const status of [404, 408, 429, 500, 503]) {
  Deno.test(`subscribe takes a ${status} for something that passes`, async () => {
    const router = new FakeRouter(FLOW);
    router.answer = () => new Response("", { status });
    const f = await follow(router);
    assertEquals(f.clock.nextTimer, 500);
    await f.end();
  });
}

Deno.test("subscribe honours Retry-After", async () => {
  const router = new FakeRouter(FLOW);
  router.answer = () => new Response("", { status: 503, headers: { "retry-after": "9" } });
  const f = await follow(router);
  assertEquals(f.clock.nextTimer, 9_000);
  await f.end();
});

for (
  const [what, answer] of Object.entries<() => Response>({
    "a page": () => new Response("<p>sign in", { headers: { "content-type": "text/html" } }),
    "an empty stream": () => new Response("", { headers: { "content-type": "text/event-stream" } }),
  })
) {
  Deno.test(`subscribe says that ${what} is not a stream of ours`, async () => {
    const router = new FakeRouter(FLOW);
    router.answer = answer;
    const f = await follow(router);
    const { connection } = f.subscription;
    assert(connection.state === "connecting" && connection.error?.code === "protocol");
    await f.end();
  });
}

Deno.test("subscribe sends the token as a header and asks for it anew each time", async () => {
  let asked = 0;
  const f = await follow(new FakeRouter(FLOW), { token: () => `t${++asked}` });
  f.router.cutStreams();
  await f.wait(500);
  const sent = f.router.requests.map(({ headers }) => headers.get("authorization"));
  assertEquals(sent, ["Bearer t1", "Bearer t2"]);
  assert(f.router.requests.every(({ url }) => !url.includes("t1")));
  await f.end();
});

Deno.test("subscribe tries again when the token cannot be had", async () => {
  let fail = true;
  const token = () => fail ? Promise.reject(new Error("no session")) : Promise.resolve("t");
  const f = await follow(new FakeRouter(FLOW), { token });
  assertEquals(f.errors.map(({ code }) => code), ["token"]);
  fail = false;
  await f.wait(1_000);
  assertEquals(f.connections.at(-1), { state: "live" });
  await f.end();
});

Deno.test("subscribe can be closed while the token is awaited", async () => {
  const f = await follow(new FakeRouter(FLOW), { token: () => new Promise(() => {}) });
  await f.end();
  assertEquals(f.router.requests.length, 0);
});

Deno.test("callbacks that throw are reported and leave the state whole", async () => {
  const thrown = () => {
    throw new Error("the caller's own");
  };
  const f = await follow(new FakeRouter(FLOW), {
    onMessage: thrown,
    onState: thrown,
    onHello: thrown,
    onConnection: thrown,
  });
  f.router.publish(node("a"));
  f.router.cutStreams();
  f.router.publish(node("b"));
  await f.wait(500);
  f.assertWhole();
  assertEquals(f.router.requests.length, 2);
  assert(f.errors.filter(({ code }) => code === "callback").length >= 6);
  await f.end();
});

Deno.test("onState is told once for all that arrived together", async () => {
  let drawn = 0;
  const router = new FakeRouter(FLOW);
  const f = await follow(router, { onState: () => drawn++ });
  drawn = 0;
  const burst = Array.from({ length: 50 }, (_, index) => {
    const message = node(`n${index}`);
    router.accept(message);
    return encodeSseEvent(message.type, JSON.stringify(message), router.cursor);
  });
  router.send(burst.join(""));
  await settle();
  f.assertWhole();
  assertEquals(drawn, 1);
  await f.end();
});

Deno.test("callbacks see the state with the message already folded", async () => {
  const seen: [string, number, number | undefined][] = [];
  const router = new FakeRouter(FLOW);
  const f = await follow(router, {
    onMessage: ({ type }) =>
      seen.push([type, f?.subscription.state.nodes.size ?? 0, f?.subscription.position?.seq]),
    onConnection: ({ state }) =>
      seen.push([state, f?.subscription.state.nodes.size ?? 0, f?.subscription.position?.seq]),
  });
  seen.length = 0;
  router.publish(node("a"));
  await settle();
  router.cutStreams();
  router.publish(node("b"));
  await f.wait(500);
  assertEquals(seen, [
    ["upsert-nodes", 1, 1],
    ["resuming", 1, 1],
    ["upsert-nodes", 2, 2],
    ["live", 2, 2],
  ]);
  await f.end();
});

Deno.test("retryNow ends a pause at once", async () => {
  const f = await follow();
  f.router.cutStreams();
  await settle();
  f.subscription.retryNow();
  await settle();
  assertEquals(f.connections.at(-1), { state: "live" });
  f.subscription.retryNow();
  assertEquals(f.router.requests.length, 2, "without a pause it does nothing");
  await f.end();
});

Deno.test("close tells `closed` last, from inside a callback too", async () => {
  const router = new FakeRouter(FLOW);
  router.publish(node("a"));
  const told: string[] = [];
  const subscription = subscribe({
    url: "http://router.example",
    flowId: FLOW,
    fetch: router.fetch,
    onMessage: () => {
      told.push("message");
      subscription.close();
    },
    onState: () => told.push("state"),
    onConnection: ({ state }) => told.push(state),
  });
  await subscription.closed;
  subscription.close();
  assertEquals(told, ["message", "closed"]);
  assertEquals(subscription.connection, { state: "closed" });
  assertEquals(router.openStreams, 0);
});

Deno.test("an aborted signal closes the subscription, also before it began", async () => {
  const abort = new AbortController();
  const f = await follow(new FakeRouter(FLOW), { signal: abort.signal });
  abort.abort();
  await f.subscription.closed;
  assertEquals(f.states(), ["live", "closed"]);
  const never = await follow(new FakeRouter(FLOW), { signal: abort.signal });
  await never.subscription.closed;
  assertEquals(never.router.requests.length, 0);
});

Deno.test("subscribe refuses an address that cannot be", () => {
  assertThrows(() => subscribe({ url: "not a url", flowId: FLOW }), TypeError);
  assertThrows(() => subscribe({ url: "http://router.example", flowId: ".." }), TypeError);
});
