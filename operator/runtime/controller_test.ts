import { assertEquals, assertRejects } from "@std/assert";
import { KubeError } from "../../kube/errors.ts";
import { FakeClock, settle } from "../../kube/testing/fake_clock.ts";
import {
  Controller,
  type ControllerOptions,
  type ReconcileOutcome,
  type ReconcileResult,
} from "./controller.ts";

/** A controller whose runs a test ends one by one. */
class Bench {
  readonly clock = new FakeClock();
  readonly stop = new AbortController();
  readonly started: string[] = [];
  readonly outcomes: ReconcileOutcome[] = [];
  readonly said: Record<string, unknown>[] = [];
  readonly controller: Controller;
  readonly done: Promise<void>;
  readonly #open = new Map<string, PromiseWithResolvers<ReconcileResult>>();

  constructor(options: Partial<ControllerOptions> = {}) {
    this.controller = new Controller({
      kind: "Thing",
      clock: this.clock,
      random: () => 0,
      log: (_level, _message, attributes = {}) => this.said.push(attributes),
      monitor: { reconciled: (_kind, outcome) => this.outcomes.push(outcome) },
      reconcile: (key) => {
        this.started.push(key);
        const run = Promise.withResolvers<ReconcileResult>();
        this.#open.set(key, run);
        return run.promise;
      },
      ...options,
    });
    this.done = this.controller.run(this.stop.signal);
  }

  async finish(key: string, result: ReconcileResult | Error = {}): Promise<void> {
    const run = this.#open.get(key);
    this.#open.delete(key);
    if (result instanceof Error) run?.reject(result);
    else run?.resolve(result);
    await settle();
  }

  /** The runs that began since the last call. */
  async begun(): Promise<string[]> {
    await settle();
    return this.started.splice(0);
  }

  async end(): Promise<void> {
    this.stop.abort();
    for (const key of [...this.#open.keys()]) await this.finish(key);
    await this.done;
    assertEquals(this.clock.pending, 0, "a controller that has stopped leaves no timer");
  }
}

async function onBench(
  test: (bench: Bench) => Promise<void>,
  options: Partial<ControllerOptions> = {},
): Promise<void> {
  const bench = new Bench(options);
  try {
    await test(bench);
  } finally {
    await bench.end();
  }
}

Deno.test("as many keys as there are workers run beside each other, and each key once", () =>
  onBench(async (bench) => {
    for (const key of ["a", "b", "c", "c"]) bench.controller.enqueue(key);
    assertEquals(await bench.begun(), ["a", "b"]);
    assertEquals(bench.controller.depth, 1);
    await bench.finish("a");
    assertEquals(await bench.begun(), ["c"]);
    bench.controller.enqueue("b");
    assertEquals(await bench.begun(), [], "b runs already");
    await bench.finish("c");
    assertEquals(await bench.begun(), []);
    await bench.finish("b");
    assertEquals(await bench.begun(), ["b"]);
  }, { workers: 2 }));

Deno.test("a run that asks to be looked at again is, and an event comes before", () =>
  onBench(async (bench) => {
    bench.controller.enqueue("a");
    await bench.begun();
    await bench.finish("a", { requeueAfterMs: 10_000 });
    await bench.clock.advance(9_999);
    assertEquals(await bench.begun(), []);
    await bench.clock.advance(1);
    assertEquals(await bench.begun(), ["a"]);
    await bench.finish("a", { requeueAfterMs: 10_000 });
    bench.controller.enqueue("a");
    assertEquals(await bench.begun(), ["a"]);
    await bench.finish("a");
    await bench.clock.advance(60_000);
    assertEquals(await bench.begun(), [], "the second run has answered for the timer, too");
    assertEquals(bench.outcomes, ["requeue", "requeue", "success"]);
  }));

Deno.test("a run that fails is tried again later and later, and says so; success ends that", () =>
  onBench(async (bench) => {
    bench.controller.enqueue("a");
    for (const delay of [50, 100, 200]) {
      await bench.begun();
      await bench.finish("a", new Error("no luck"));
      await bench.clock.advance(delay - 1);
      assertEquals(await bench.begun(), [], `before ${delay} ms`);
      await bench.clock.advance(1);
    }
    await bench.begun();
    await bench.finish("a");
    bench.controller.enqueue("a");
    await bench.begun();
    await bench.finish("a", new Error("no luck"));
    assertEquals(bench.said.map(({ retryInMs }) => retryInMs), [50, 100, 200, 50]);
    assertEquals(bench.said[0]?.err, "reconcile Thing a: no luck");
  }, { retry: { baseMs: 100 } }));

Deno.test("a conflict is tried again soon, without alarm and without growing delays", () =>
  onBench(async (bench) => {
    bench.controller.enqueue("a");
    for (let i = 0; i < 3; i++) {
      assertEquals(await bench.begun(), ["a"]);
      await bench.finish("a", new KubeError("conflict", "somebody was first"));
      await bench.clock.advance(50);
    }
    assertEquals(await bench.begun(), ["a"]);
    assertEquals([bench.said.length, bench.outcomes], [0, ["conflict", "conflict", "conflict"]]);
  }));

Deno.test("an API server that asks to be left alone is left alone", () =>
  onBench(async (bench) => {
    bench.controller.enqueue("a");
    await bench.begun();
    const busy = new KubeError("too-many-requests", "busy", { retryAfterMs: 7_000 });
    await bench.finish("a", busy);
    await bench.clock.advance(6_999);
    assertEquals(await bench.begun(), []);
    await bench.clock.advance(1);
    assertEquals(await bench.begun(), ["a"]);
  }));

Deno.test("a run that takes too long is told to end and counts as failed", async () => {
  const bench = new Bench({
    timeoutMs: 1_000,
    reconcile: (_key, signal) =>
      new Promise((_resolve, reject) =>
        signal.addEventListener("abort", () => reject(signal.reason))
      ),
  });
  bench.controller.enqueue("a");
  await bench.clock.advance(1_000);
  assertEquals([bench.outcomes, bench.said[0]?.code], [["error"], "timeout"]);
  await bench.end();
});

Deno.test("stopping waits for the runs under way, starts none, and keeps what is left", async () => {
  const bench = new Bench({ workers: 1 });
  for (const key of ["a", "b"]) bench.controller.enqueue(key);
  await bench.begun();
  bench.stop.abort();
  let ended = false;
  bench.done.then(() => ended = true);
  await settle();
  assertEquals(ended, false);
  await bench.finish("a");
  assertEquals([ended, await bench.begun(), bench.controller.depth], [true, [], 1]);
  const again = new AbortController();
  const second = bench.controller.run(again.signal);
  assertEquals(await bench.begun(), ["b"], "the next term begins with what was left");
  await assertRejects(() => bench.controller.run(again.signal), TypeError, "already runs");
  again.abort();
  await bench.finish("b");
  await second;
});
