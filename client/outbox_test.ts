import {
  assert,
  assertEquals,
  assertGreaterOrEqual,
  assertLessOrEqual,
  assertThrows,
} from "@std/assert";
import type { FlowMessage } from "../contracts/flow.ts";
import type { MemoryRouter } from "./testing/memory_router.ts";
import { edge, FLOW_ID, inWorld, joinRoots, node, part } from "./testing/outbox_world.ts";

const ids = ({ state }: MemoryRouter) => [...state.nodes.values()].map(({ id }) => id).sort();
const types = (messages: readonly FlowMessage[]) => messages.map(({ type }) => type);

Deno.test("an outbox posts its part: nodes, then edges, then the flow", () =>
  inWorld(async ({ router, elapse, start }) => {
    const { outbox } = start("fsn1", { flowRule: joinRoots });
    outbox.set(part([node("fsn1", "running"), node("fsn1/a")], [edge("fsn1/a", "fsn1")]));
    await elapse(0);
    assertEquals(router.posts.map(({ messages }) => types(messages)), [
      ["upsert-nodes", "upsert-rels"],
      ["upsert-flow"],
    ]);
    assertEquals(router.state.flow.status, "fsn1=running");
    assert(outbox.status.inSync);
  }));

Deno.test("nothing is posted or removed before the first set", () =>
  inWorld(async ({ router, elapse, start }) => {
    router.publish({ type: "upsert-nodes", nodes: [node("fsn1/old")] });
    const { outbox } = start("fsn1", { flowRule: joinRoots });
    await elapse(60_000);
    assertEquals(router.posts, []);
    assert(!outbox.status.inSync);
  }));

Deno.test("what an earlier life left behind is removed, what is others' is not touched", () =>
  inWorld(async ({ router, elapse, start }) => {
    router.publish({
      type: "upsert-nodes",
      nodes: [node("fsn1/old"), node("fsn1/a", "failed"), node("hel1/x"), node("fsn10/x")],
    });
    router.publish({ type: "upsert-rels", relationships: [edge("fsn1/old", "fsn1/a")] });
    start("fsn1").outbox.set(part([node("fsn1/a")]));
    await elapse(0);
    assertEquals(ids(router), ["fsn1/a", "fsn10/x", "hel1/x"]);
    assertEquals(router.state.relationships.size, 0);
  }));

Deno.test("what is there already is not posted again", () =>
  inWorld(async ({ router, elapse, start }) => {
    router.publish({ type: "upsert-nodes", nodes: [node("fsn1/a"), node("fsn1/b")] });
    start("fsn1").outbox.set(part([node("fsn1/a"), node("fsn1/b", "running")]));
    await elapse(0);
    assertEquals(router.posts.flatMap(({ messages }) => messages), [
      { type: "upsert-nodes", nodes: [node("fsn1/b", "running")] },
    ]);
  }));

Deno.test("changes are merged to one round an interval, and the latest wins", () =>
  inWorld(async ({ router, elapse, start }) => {
    const { outbox } = start("fsn1", { emitInterval: 200 });
    for (let change = 0; change <= 100; change++) {
      outbox.set(part([node("fsn1/a", `s${change}`), node("fsn1/b")]));
      await elapse(10);
    }
    await elapse(200);
    assertEquals(router.state.nodes.size, 2);
    assertEquals([...router.state.nodes.values()][0]?.status, "s100");
    assertLessOrEqual(router.posts.length, 7);
    const times = router.posts.map(({ at }) => at);
    for (const [i, at] of times.slice(1).entries()) assertGreaterOrEqual(at - (times[i] ?? 0), 200);
    // Only what changed travels.
    assertEquals(router.posts.at(-1)?.messages, [
      { type: "upsert-nodes", nodes: [node("fsn1/a", "s100")] },
    ]);
  }));

Deno.test("an idle outbox asks every few seconds and is answered with a 304", () =>
  inWorld(async ({ router, elapse, start }) => {
    const { outbox } = start("fsn1", { flowRule: joinRoots });
    outbox.set(part([node("fsn1")]));
    await elapse(2_000);
    const before = router.requests.length;
    await elapse(60_000);
    const asked = router.requests.slice(before);
    assertEquals(asked.length, 12);
    for (const { method, headers } of asked) {
      assertEquals([method, headers.get("if-none-match")], ["GET", '"2-a"']);
    }
  }));

Deno.test("a router that lost everything has it again, although nothing has changed", () =>
  inWorld(async ({ router, elapse, start }) => {
    const { outbox, events } = start("fsn1", { flowRule: joinRoots });
    outbox.set(part([node("fsn1"), node("fsn1/a")], [edge("fsn1/a", "fsn1")]));
    await elapse(0);
    router.restart();
    await elapse(10_000);
    assertEquals(ids(router), ["fsn1", "fsn1/a"]);
    assertEquals(router.state.relationships.size, 1);
    assertEquals(router.state.flow.status, "fsn1=pending");
    assertEquals(events.filter(({ type }) => type === "resync"), [
      { type: "resync", reason: "absent" },
    ]);
  }));

Deno.test("a change that meets a router started anew brings everything else along", () =>
  inWorld(async ({ router, elapse, start }) => {
    const { outbox, events } = start("fsn1");
    outbox.set(part([node("fsn1/a"), node("fsn1/b")]));
    await elapse(1_000);
    router.restart();
    outbox.set(part([node("fsn1/a"), node("fsn1/b", "running")]));
    await elapse(200);
    assertEquals(ids(router), ["fsn1/a", "fsn1/b"]);
    assert(events.some((event) => event.type === "resync" && event.reason === "restarted"));
  }));

Deno.test("a snapshot by somebody else that wipes our part is made good", () =>
  inWorld(async ({ router, elapse, start }) => {
    const { outbox, events } = start("fsn1", { flowRule: joinRoots });
    outbox.set(part([node("fsn1"), node("fsn1/a")]));
    await elapse(0);
    router.publish({
      type: "snapshot",
      flow: { id: FLOW_ID, status: "running", startedAt: 5 },
      nodes: [node("hel1/x")],
      relationships: [],
    });
    await elapse(10_000);
    assertEquals(ids(router), ["fsn1", "fsn1/a", "hel1/x"]);
    assertEquals(router.state.flow.status, "fsn1=pending");
    assert(events.some((event) => event.type === "resync" && event.reason === "differs"));
  }));

Deno.test("what somebody else did just before our own post is noticed all the same", () =>
  inWorld(async ({ router, elapse, start }) => {
    const { outbox } = start("fsn1");
    outbox.set(part([node("fsn1/a"), node("fsn1/b")]));
    await elapse(1_000);
    router.publish({ type: "delete-nodes", ids: ["fsn1/a"] });
    outbox.set(part([node("fsn1/a"), node("fsn1/b", "running")]));
    await elapse(10_000);
    assertEquals(ids(router), ["fsn1/a", "fsn1/b"]);
  }));

Deno.test("after a post without an answer the outbox looks before it posts again", () =>
  inWorld(async ({ router, elapse, start }) => {
    const { outbox, events } = start("fsn1");
    await elapse(0);
    router.faults.push({ type: "lost-answer" });
    outbox.set(part([node("fsn1/a")]));
    await elapse(0);
    assertEquals(ids(router), ["fsn1/a"]);
    assert(!outbox.status.inSync);
    // To the outbox that is what the router had before; only a look tells that it has not.
    outbox.set(part([]));
    await elapse(600);
    assertEquals(ids(router), []);
    assert(outbox.status.inSync);
    const reported = events.map(({ type }) => type).filter((type) => type !== "posted");
    assertEquals(reported, ["failed", "recovered"]);
  }));

Deno.test("a post that takes effect long after it was given up is undone", () =>
  inWorld(async ({ router, elapse, start }) => {
    const { outbox } = start("fsn1", { timeout: 10_000 });
    await elapse(0);
    router.faults.push({ type: "late" });
    outbox.set(part([node("fsn1/a", "old"), node("fsn1/b")]));
    await elapse(9_999);
    assertEquals(outbox.status.error, undefined);
    await elapse(1);
    assertEquals(outbox.status.error?.code, "timeout");
    outbox.set(part([node("fsn1/a", "new")]));
    await elapse(5_000);
    assertEquals(ids(router), ["fsn1/a"]);
    router.releaseLate();
    assertEquals(ids(router), ["fsn1/a", "fsn1/b"]);
    await elapse(10_000);
    assertEquals([...router.state.nodes.values()].map(({ status }) => status), ["new"]);
  }));

Deno.test("however long the router is away, only the latest is posted when it is back", () =>
  inWorld(async ({ router, elapse, start }) => {
    const { outbox } = start("fsn1");
    outbox.set(part([node("fsn1/a")]));
    await elapse(0);
    router.isDown = true;
    for (let change = 0; change < 200; change++) {
      outbox.set(part([node("fsn1/a", `s${change}`), node(`fsn1/x${change}`)]));
      await elapse(18_000);
    }
    router.isDown = false;
    const before = router.posts.length;
    await elapse(31_000);
    assertEquals(router.posts.slice(before).flatMap(({ messages }) => messages), [
      { type: "upsert-nodes", nodes: [node("fsn1/a", "s199"), node("fsn1/x199")] },
    ]);
  }));

Deno.test("pauses after failures grow to 16 s and no further", () =>
  inWorld(async ({ router, elapse, start }) => {
    router.isDown = true;
    const { events } = start("fsn1");
    await elapse(180_000);
    const pauses = events.map((event) => event.type === "failed" ? Math.round(event.retryIn) : 0);
    assertEquals(pauses.slice(0, 9), [
      375,
      750,
      1_500,
      3_000,
      6_000,
      12_000,
      12_000,
      12_000,
      12_000,
    ]);
  }));

Deno.test("Retry-After is respected", () =>
  inWorld(async ({ router, elapse, start }) => {
    for (const status of [503, 429]) {
      router.faults.push({ type: "refuse", status, retryAfter: "7" });
    }
    start("fsn1");
    await elapse(20_000);
    const [first, second, third] = router.requests.map(({ at }) => at);
    assertGreaterOrEqual((second ?? 0) - (first ?? 0), 7_000);
    assertGreaterOrEqual((third ?? 0) - (second ?? 0), 7_000);
  }));

Deno.test("a refusal is reported and tried again slowly", () =>
  inWorld(async ({ router, elapse, start }) => {
    const { outbox, events } = start("fsn1");
    await elapse(0);
    for (let i = 0; i < 2; i++) router.faults.push({ type: "refuse", status: 403 });
    outbox.set(part([node("fsn1/a")]));
    await elapse(29_000);
    assertEquals(router.posts.length, 1);
    assertEquals(outbox.status.error?.status, 403);
    assertEquals(events.map(({ type }) => type), ["failed"]);
    await elapse(120_000);
    assertEquals(ids(router), ["fsn1/a"]);
    assertEquals(outbox.status.error, undefined);
  }));

Deno.test("a body that is too large is halved until it passes", () =>
  inWorld(async ({ router, elapse, start }) => {
    router.maxBytes = 20_000;
    const { outbox } = start("fsn1");
    outbox.set(part(Array.from({ length: 300 }, (_, i) => node(`fsn1/${i}`, "x".repeat(200)))));
    await elapse(0);
    assertEquals(router.state.nodes.size, 300);
    const refused = router.posts.filter(({ bytes }) => bytes > router.maxBytes).length;
    assertLessOrEqual(refused, 4);
    assert(outbox.status.inSync);
  }));

Deno.test("one message that the router refuses does not hold up the others", () =>
  inWorld(async ({ router, elapse, start }) => {
    const { outbox, events } = start("fsn1");
    const bad = { ...edge("fsn1/a", "fsn1/b"), lag: -1 };
    outbox.set(part([node("fsn1/a"), node("fsn1/b")], [bad]));
    await elapse(0);
    assertEquals(ids(router), ["fsn1/a", "fsn1/b"]);
    assertEquals(router.state.relationships.size, 0);
    const failed = events.find((event) => event.type === "failed");
    assert(failed?.type === "failed" && failed.error.message.includes("lag"));
    outbox.set(part([node("fsn1/a"), node("fsn1/b")], [edge("fsn1/a", "fsn1/b")]));
    await elapse(61_000);
    assertEquals(router.state.relationships.size, 1);
  }));

Deno.test("while others keep posting, the outbox looks less and less often, up to the limit", () =>
  inWorld(async ({ router, elapse, start }) => {
    const { outbox } = start("fsn1", { verifyInterval: 5_000, maxVerifyInterval: 30_000 });
    outbox.set(part([node("fsn1/a")]));
    await elapse(0);
    const before = router.requests.length;
    for (let second = 0; second < 180; second++) {
      router.publish({ type: "upsert-nodes", nodes: [node("hel1/x", `s${second}`)] });
      await elapse(1_000);
    }
    // After 5, 10, 20 and then every 30 seconds.
    assertEquals(router.requests.length - before, 7);
    // A difference brings the attention back.
    router.publish({ type: "delete-nodes", ids: ["fsn1/a"] });
    await elapse(31_000);
    assert(ids(router).includes("fsn1/a"));
    const after = router.requests.length;
    await elapse(30_000);
    assertGreaterOrEqual(router.requests.length - after, 5);
  }));

Deno.test("the flow object keeps what others wrote and is posted only when it differs", () =>
  inWorld(async ({ router, elapse, start }) => {
    router.publish({
      type: "upsert-flow",
      flow: { id: FLOW_ID, status: "odd", startedAt: 1, definitionId: "bootstrap" },
    });
    const { outbox } = start("fsn1", { flowRule: joinRoots });
    outbox.set(part([node("fsn1", "running")]));
    await elapse(30_000);
    assertEquals(router.state.flow, {
      id: FLOW_ID,
      status: "fsn1=running",
      startedAt: 1,
      definitionId: "bootstrap",
    });
    const flows = router.posts.flatMap(({ messages }) => types(messages))
      .filter((type) => type === "upsert-flow");
    assertEquals(flows.length, 1);
  }));

Deno.test("the flow object follows from what the others have now, not from what they had", () =>
  inWorld(async ({ router, elapse, start }) => {
    router.publish({ type: "upsert-nodes", nodes: [node("hel1", "running")] });
    const { outbox } = start("fsn1", { flowRule: joinRoots });
    outbox.set(part([node("fsn1", "running")]));
    await elapse(2_000);
    router.publish({ type: "upsert-nodes", nodes: [node("hel1", "failed")] });
    outbox.set(part([node("fsn1", "succeeded")]));
    await elapse(0);
    assertEquals(router.state.flow.status, "fsn1=succeeded,hel1=failed");
  }));

Deno.test("two emitters of one flow that write at the same time come to the same flow", () =>
  inWorld(async ({ router, elapse, start }) => {
    const regions = ["fsn1", "hel1"].map((region) => start(region, { flowRule: joinRoots }));
    for (const status of ["pending", "running", "failed", "succeeded"]) {
      for (const [i, { outbox }] of regions.entries()) {
        outbox.set(part([node(["fsn1", "hel1"][i] ?? "", status)]));
      }
      await elapse(3_000);
      assertEquals(router.state.flow.status, `fsn1=${status},hel1=${status}`);
    }
    const before = router.posts.length;
    await elapse(60_000);
    assertEquals(router.posts.length, before);
  }));

Deno.test("the original router is served: one message a body, restarts noticed without an epoch", () =>
  inWorld(async ({ router, elapse, start }) => {
    const { outbox } = start("fsn1", { flowRule: joinRoots });
    outbox.set(part([node("fsn1"), node("fsn1/a")], [edge("fsn1/a", "fsn1")]));
    await elapse(0);
    assertEquals(router.state.flow.status, "fsn1=pending");
    assertEquals(router.state.relationships.size, 1);
    assertEquals(router.posts.filter(({ messages }) => messages.length > 1).length, 1);

    router.restart();
    outbox.set(part([node("fsn1"), node("fsn1/a", "running")], [edge("fsn1/a", "fsn1")]));
    await elapse(1_000);
    assertEquals(ids(router), ["fsn1", "fsn1/a"]);

    router.restart();
    await elapse(31_000);
    assertEquals(ids(router), ["fsn1", "fsn1/a"]);
    assertEquals(router.state.flow.status, "fsn1=pending");

    outbox.set(part([node("fsn1")]));
    await elapse(1_000);
    assertEquals([ids(router), router.state.relationships.size], [["fsn1"], 0]);
  }, { isOriginal: true }));

Deno.test("the end posts what is still to be posted without waiting for the interval", () =>
  inWorld(async ({ router, elapse, start }) => {
    const { outbox, stop } = start("fsn1", { emitInterval: 60_000 });
    outbox.set(part([node("fsn1/a")]));
    await elapse(0);
    outbox.set(part([node("fsn1/a", "succeeded")]));
    await stop();
    assertEquals([...router.state.nodes.values()][0]?.status, "succeeded");
  }));

Deno.test("the end does not wait for a router that does not answer", () =>
  inWorld(async ({ clock, router, elapse, start }) => {
    const { outbox, stop } = start("fsn1");
    await elapse(0);
    router.faults.push({ type: "late" });
    outbox.set(part([node("fsn1/a")]));
    const began = clock.now();
    await stop();
    assertLessOrEqual(clock.now() - began, 1_000);
    await elapse(60_000);
    assertEquals(router.posts.length, 1);
  }));

Deno.test("an outbox that is cut posts nothing more, and gives up what is under way", () =>
  inWorld(async ({ router, elapse, start }) => {
    const cut = new AbortController();
    const { outbox, events } = start("fsn1", {}, { cut: cut.signal });
    outbox.set(part([node("fsn1/a")]));
    await elapse(1_000);
    router.faults.push({ type: "late" });
    outbox.set(part([node("fsn1/a", "running")]));
    await elapse(1_000);
    assertEquals(router.posts.length, 2);
    outbox.set(part([node("fsn1/a", "failed")]));
    cut.abort();
    await elapse(60_000);
    assertEquals(router.requests.length, 3, "the look at the start and two posts");
    assertEquals(events.map(({ type }) => type), ["posted"], "being cut is no failure");
  }));

Deno.test("an outbox that is cut before it starts asks for nothing", () =>
  inWorld(async ({ router, elapse, start }) => {
    start("fsn1", {}, { cut: AbortSignal.abort() }).outbox.set(part([node("fsn1/a")]));
    await elapse(1_000);
    assertEquals(router.requests, []);
  }));

Deno.test("the token is asked for anew with each request and sent in the header alone", () =>
  inWorld(async ({ router, elapse, start }) => {
    let asked = 0;
    const { outbox } = start("fsn1", { token: () => `secret-${++asked}` });
    outbox.set(part([node("fsn1/a")]));
    await elapse(0);
    assertEquals(router.requests.map(({ headers }) => headers.get("authorization")), [
      "Bearer secret-1",
      "Bearer secret-2",
    ]);
  }));

Deno.test("a token that was rotated while it was under way is read again at once", () =>
  inWorld(async ({ router, elapse, start }) => {
    const tokens = ["old", "new"];
    const { outbox, events } = start("fsn1", { token: () => tokens.shift() ?? "new" });
    router.faults.push({ type: "refuse", status: 401 });
    outbox.set(part([node("fsn1/a")]));
    await elapse(0);
    assertEquals(
      router.requests.map(({ method, headers }) => `${method} ${headers.get("authorization")}`),
      ["GET Bearer old", "GET Bearer new", "POST Bearer new"],
    );
    assertEquals(events.map(({ type }) => type), ["posted"]);
  }));

Deno.test("a router that denies access is asked slowly, and at once with another token", () =>
  inWorld(async ({ router, elapse, start }) => {
    let token = "wrong";
    const { outbox, events } = start("fsn1", { token: () => token });
    outbox.set(part([node("fsn1/a")]));
    for (const status of [401, 403]) {
      router.faults.push({ type: "refuse", status }, { type: "refuse", status });
      router.restart();
      const before = router.requests.length;
      await elapse(29_000);
      assertEquals(router.requests.length, before + 1);
      assertEquals(outbox.status.error?.isDenied, true);
      // Refused a second time after 45 s or so; then somebody makes it good.
      await elapse(30_000);
      assertEquals(router.requests.length, before + 2);
      token += "!";
      await elapse(5_100);
      assertEquals(outbox.status.error, undefined);
      assertEquals(outbox.status.inSync, true);
    }
    assertEquals(events.filter(({ type }) => type === "failed").length, 4);
    assertEquals(events.filter(({ type }) => type === "recovered").length, 2);
  }));

Deno.test("a token that cannot be read while access is denied ends nothing", () =>
  inWorld(async ({ router, elapse, start }) => {
    let token: () => string = () => "wrong";
    const { outbox } = start("fsn1", { token: () => token() });
    router.faults.push({ type: "refuse", status: 401 });
    outbox.set(part([node("fsn1/a")]));
    await elapse(1_000);
    token = () => {
      throw new Error("no such file");
    };
    await elapse(20_000);
    assertEquals([router.requests.length, outbox.status.error?.status], [1, 401]);
    token = () => "right";
    await elapse(6_000);
    assertEquals(outbox.status.inSync, true);
  }));

Deno.test("a token that cannot be had is a failure like others", () =>
  inWorld(async ({ router, elapse, start }) => {
    let tries = 0;
    const { outbox, events } = start("fsn1", {
      token: () => {
        if (tries++ === 0) throw new Error("no such file");
        return "t";
      },
    });
    outbox.set(part([node("fsn1/a")]));
    await elapse(5_000);
    assertEquals(ids(router), ["fsn1/a"]);
    assert(events[0]?.type === "failed" && events[0].error.code === "token");
  }));

Deno.test("an answer that is none of a flow router is no success", () =>
  inWorld(async ({ elapse, start }) => {
    const { outbox, events } = start("fsn1", {
      fetch: () => Promise.resolve(new Response("<html>Sign in</html>", { status: 200 })),
    });
    outbox.set(part([node("fsn1/a")]));
    await elapse(1_000);
    assertEquals(outbox.status.lastAnswerAt, undefined);
    assert(events.every((event) => event.type === "failed" && event.error.code === "protocol"));
  }));

Deno.test("set refuses what the outbox does not own", () =>
  inWorld(({ start }) => {
    const { outbox } = start("fsn1");
    assertThrows(() => outbox.set(part([node("hel1/a")])), TypeError, "hel1/a");
    assertThrows(() => outbox.set(part([node("fsn1/a", "x", { flowId: "other" })])), TypeError);
    assertThrows(() => outbox.set(part([], [edge("fsn1/a", "hel1/a")])), TypeError, "hel1/a");
    return Promise.resolve();
  }));
