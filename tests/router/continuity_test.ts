import { assert, assertEquals, assertGreater, assertGreaterOrEqual } from "@std/assert";
import { Outbox } from "../../client/outbox.ts";
import type { FlowNode } from "../../contracts/flow.ts";
import { type CuttingProxy, startCuttingProxy } from "../cluster/cutting_proxy.ts";
import { waitFor } from "../cluster/wait_for.ts";
import { Follower, IMPATIENT } from "./follower.ts";
import { Random } from "./random.ts";
import { RouterProcess } from "./router_process.ts";

const FLOW = "f";

const node = (id: string, label: string): FlowNode => ({
  id,
  flowId: FLOW,
  label,
  status: "running",
});

/** Posts without a pause until it is disposed. */
class Traffic implements AsyncDisposable {
  readonly #posting: Promise<void>;
  #over = false;
  posts = 0;

  constructor(router: RouterProcess) {
    this.#posting = (async () => {
      for (; !this.#over; this.posts++) {
        const nodes = [node(`n${this.posts % 20}`, `${this.posts}`)];
        await router.post(FLOW, { type: "upsert-nodes", nodes });
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
    })();
    // Heard of at the end; a test that fails before that has a failure of its own to tell.
    this.#posting.catch(() => {});
  }

  /** Waits for so many posts more. */
  async pass(posts: number): Promise<void> {
    const enough = this.posts + posts;
    await waitFor(`${posts} posts`, () => this.posts >= enough);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#over = true;
    await this.#posting;
  }
}

/** A router behind a network that fails on command, with traffic and some readers on that network. */
async function setUp(settings: Record<string, string> = {}) {
  const stack = new AsyncDisposableStack();
  const router = stack.use(await RouterProcess.start({ settings }));
  const proxy = stack.use(await startCuttingProxy(() => router.port));
  const traffic = new Traffic(router);
  await traffic.pass(20);
  const readers = Array.from(
    { length: 5 },
    () => stack.use(new Follower(`http://127.0.0.1:${proxy.port}`, FLOW)),
  );
  await waitFor("the readers to be live", () => readers.every(({ live }) => live));
  return {
    router,
    proxy,
    traffic,
    readers,
    /** Ends the traffic and looks whether all went well. */
    async settle(): Promise<void> {
      await traffic[Symbol.asyncDispose]();
      for (const reader of readers) await reader.isWhole(router);
      for (const reader of readers) await reader[Symbol.asyncDispose]();
      await waitFor("no stream to be left", async () => {
        return (await router.metrics()).get("headrace_streams") === 0;
      });
      assertEquals(router.failures, []);
      assertEquals(router.complaints, "");
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/** All have come back, and never had to begin anew. */
function assertResumed(readers: readonly Follower[]): void {
  for (const { hellos: [first, ...later] } of readers) {
    assertEquals(first, "new");
    assertEquals(new Set(later), new Set(["resumed"] as const));
  }
}

for (const signal of ["SIGKILL", "SIGTERM"] as const) {
  Deno.test(`readers of a router that ends by ${signal} and is started again hold its new flow`, async () => {
    await using router = await RouterProcess.start();
    const nodes = ["old", "kept"].map((id) => node(id, "1"));
    await router.post(FLOW, { type: "upsert-nodes", nodes });
    await using reader = new Follower(router.url, FLOW);
    await reader.isWhole(router);
    await router.kill(signal);
    await waitFor("the reader to notice", () => reader.subscription.connection.state === "stale");
    await router.restart();
    await router.post(FLOW, { type: "upsert-nodes", nodes: [node("kept", "2")] });
    await reader.isWhole(router);
    const held = [...reader.subscription.state.nodes.values()].map(({ id, label }) => [id, label]);
    assertEquals(held, [["kept", "2"]]);
    // Without traffic a reader may come back in between: the heartbeat is not what it takes it for.
    const reasons = reader.hellos.filter((reason) => reason !== "resumed");
    assertEquals(reasons, ["new", "epoch-changed"]);
  });
}

Deno.test("readers that are cut off in the middle of traffic get exactly what they missed", async () => {
  await using world = await setUp();
  const { proxy, traffic, readers } = world;
  for (let i = 0; i < 10; i++) {
    const connections = proxy.accepted + readers.length;
    proxy.cut(i % 2 === 0 ? "rst" : "fin");
    await waitFor("all to be back", () => {
      return proxy.accepted >= connections && readers.every(({ live }) => live);
    });
    await traffic.pass(5);
  }
  await world.settle();
  assertResumed(readers);
  for (const { hellos, messages } of readers) {
    assertGreaterOrEqual(hellos.length, 1 + 10);
    assertGreater(messages, 50);
  }
});

Deno.test("readers that were away for longer than the ring holds are told so", async () => {
  await using world = await setUp({ RING_CAPACITY: "16" });
  const { proxy, traffic, readers } = world;
  proxy.silence();
  proxy.cut("rst");
  await traffic.pass(50);
  proxy.resume();
  await waitFor("all to be told", () => readers.every(({ hellos }) => hellos.includes("evicted")));
  await world.settle();
});

const SILENCES: Record<string, {
  begin(world: { router: RouterProcess; proxy: CuttingProxy }): void;
  end(world: { router: RouterProcess; proxy: CuttingProxy }): void;
}> = {
  "a network that swallows everything": {
    begin: ({ proxy }) => proxy.silence(),
    end: ({ proxy }) => proxy.resume(),
  },
  "a router that hangs": {
    begin: ({ router }) => router.freeze(),
    end: ({ router }) => router.thaw(),
  },
};

for (const [what, { begin, end }] of Object.entries(SILENCES)) {
  Deno.test(`readers notice ${what}, and resume after it`, async () => {
    await using world = await setUp();
    const { readers } = world;
    begin(world);
    await waitFor("the readers to notice", () => readers.every(({ live }) => !live));
    end(world);
    await waitFor("the readers to be live", () => readers.every(({ live }) => live));
    await world.traffic.pass(20);
    await world.settle();
    assertResumed(readers);
  });
}

/** Another one brings other faults: `deno test … tests/router/continuity_test.ts -- --seed=2`. */
const seed = Number(Deno.args.find((argument) => argument.startsWith("--seed="))?.slice(7) ?? 1);

/** What may happen to a router and the way to it; each is over when its promise is. */
const FAULTS: readonly ((
  world: { router: RouterProcess; proxy: CuttingProxy; pause: () => Promise<void> },
) => unknown)[] = [
  ({ proxy }) => proxy.cut("rst"),
  ({ proxy }) => proxy.cut("fin"),
  async ({ proxy, pause }) => {
    proxy.silence();
    await pause();
    proxy.resume();
  },
  async ({ router, pause }) => {
    router.freeze();
    await pause();
    router.thaw();
  },
  async ({ router, pause }) => {
    await router.kill("SIGKILL");
    await pause();
    await router.restart();
  },
  ({ router }) => router.delete(FLOW),
];

Deno.test("whatever happens on the way, readers end with what the emitter wants", async () => {
  const random = new Random(seed);
  await using router = await RouterProcess.start({ settings: { RING_CAPACITY: "32" } });
  await using proxy = await startCuttingProxy(() => router.port);
  const url = `http://127.0.0.1:${proxy.port}`;
  const outbox = new Outbox({
    url,
    flowId: FLOW,
    owns: { node: () => true, relationship: () => true },
    emitInterval: 5,
    timeout: 500,
    verifyInterval: 200,
    clock: IMPATIENT,
  });
  const stop = new AbortController();
  const emitting = outbox.run(stop.signal);
  let changes = 0;
  const change = () => {
    const nodes = Array.from(
      { length: 10 + random.below(10) },
      (_, i) => node(`n${i}`, `${changes}`),
    );
    outbox.set({ nodes, relationships: [] });
    changes++;
    return nodes;
  };
  const changing = setInterval(change, 10);
  const readers = Array.from({ length: 5 }, () => new Follower(url, FLOW));
  const pause = () => new Promise<void>((resolve) => setTimeout(resolve, random.below(1_200)));
  const faults = [...FAULTS, random.pick(FAULTS), random.pick(FAULTS), random.pick(FAULTS)];
  while (faults.length > 0) {
    const [fault] = faults.splice(random.below(faults.length), 1);
    await fault?.({ router, proxy, pause });
    await pause();
  }
  clearInterval(changing);
  const wanted = change();
  await waitFor("the emitter to be through", async () => {
    const snapshot = await router.snapshot(FLOW);
    return snapshot?.message.type === "snapshot" &&
      JSON.stringify(snapshot.message.nodes.map(({ id, label }) => [id, label]).sort()) ===
        JSON.stringify(wanted.map(({ id, label }) => [id, label]).sort());
  });
  for (const reader of readers) await reader.isWhole(router);
  for (const reader of readers) await reader[Symbol.asyncDispose]();
  stop.abort();
  await emitting;
  assertEquals(router.failures, []);
  assertEquals(router.complaints, "");
  assert(changes > 100);
});
