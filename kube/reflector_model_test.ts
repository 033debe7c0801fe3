import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { type ReflectorState, type ResourceEvent, watchResources } from "./reflector.ts";
import { compareResourceVersions, type KubeObject } from "./resources.ts";
import { FakeApiServer } from "./testing/fake_api_server.ts";
import { FakeClock, settle } from "./testing/fake_clock.ts";
import { inProcessFetch } from "./testing/in_process.ts";
import { ObjectStore, type ResourceDefinition } from "./testing/object_store.ts";

const WIDGETS: ResourceDefinition = {
  group: "example.io",
  version: "v1",
  resource: "widgets",
  kind: "Widget",
  namespaced: true,
};

/** One thing that happens to the cluster, to the connection, or to the caller. */
type Step =
  | { readonly do: "put" | "remove" | "recreate"; readonly key: number }
  | { readonly do: "wait"; readonly ms: number }
  | { readonly do: "answer"; readonly count: number; readonly code: number; retryAfter: string }
  | { readonly do: "write"; readonly text: string }
  | { readonly do: "fail"; readonly code: number; readonly reason: string }
  | { readonly do: "replay"; readonly back: number }
  | { readonly do: "swap"; readonly keys: number[] }
  | { readonly do: "outage"; readonly keys: number[]; readonly compact: boolean }
  | { readonly do: "throw"; readonly times: number }
  | {
    readonly do:
      | "cut"
      | "end"
      | "mute"
      | "hang"
      | "compact"
      | "bookmark"
      | "drop-connection"
      | "remove-crd"
      | "add-crd";
  };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 10, arbitrary: fc.record({ do: fc.constant("put" as const), key: fc.nat(7) }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant("remove" as const), key: fc.nat(7) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("recreate" as const), key: fc.nat(7) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("wait" as const),
      ms: fc.oneof(fc.nat(50), fc.nat(2_000), fc.nat(200_000)),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("answer" as const),
      count: fc.integer({ min: 1, max: 4 }),
      code: fc.constantFrom(302, 400, 401, 403, 404, 409, 410, 429, 500, 503, 504),
      retryAfter: fc.constantFrom("", "1", "7", "99999", "soon"),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("write" as const),
      text: fc.constantFrom(
        "junk\n",
        '{"type":"ADDED"}\n',
        '{"type":"MODIFIED","object":{"metadata":{"name":"x"}}}\n',
        '{"type":"NEWS","object":{}}\n',
        '{"type":"ADDED","obj', // the rest never comes
        "\n\n",
        "null\n",
      ),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      { do: "fail" as const, code: 410, reason: "Expired" },
      { do: "fail" as const, code: 410, reason: "Gone" },
      { do: "fail" as const, code: 500, reason: "InternalError" },
      { do: "fail" as const, code: 429, reason: "TooManyRequests" },
    ),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("replay" as const), back: fc.nat(10) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("outage" as const),
      keys: fc.array(fc.nat(7), { maxLength: 4 }),
      compact: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("swap" as const),
      keys: fc.array(fc.nat(7), { minLength: 2, maxLength: 4 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("throw" as const),
      times: fc.integer({ min: 1, max: 3 }),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.constantFrom(
      { do: "cut" as const },
      { do: "end" as const },
      { do: "mute" as const },
      { do: "hang" as const },
      { do: "compact" as const },
      { do: "bookmark" as const },
      { do: "drop-connection" as const },
      { do: "remove-crd" as const },
      { do: "add-crd" as const },
    ),
  },
);

/** A caller that keeps what it is told, and objects to being told anything that makes no sense. */
class Caller {
  readonly objects = new Map<string, KubeObject>();
  readonly deletedUids = new Set<string>();
  failuresLeft = 0;
  readonly states: ReflectorState[] = [];

  /** What should never be told. Kept, since an error thrown to the reflector is retried. */
  violation: unknown;

  readonly onEvent = (event: ResourceEvent<KubeObject>) => {
    if (this.failuresLeft > 0) {
      this.failuresLeft--;
      throw new Error("the caller had a bad moment");
    }
    try {
      this.#take(event);
    } catch (error) {
      this.violation ??= error;
    }
  };

  #take(event: ResourceEvent<KubeObject>): void {
    const held = this.objects.get(event.key);
    if (event.type === "deleted") {
      assert(held !== undefined, `${event.key} was deleted twice, or before it was added`);
      assertEquals(event.uid, held.metadata.uid);
      assert(!this.deletedUids.has(event.uid), `the deletion of ${event.uid} was seen twice`);
      this.deletedUids.add(event.uid);
      this.objects.delete(event.key);
      return;
    }
    const { uid = "", resourceVersion = "" } = event.object.metadata;
    assertEquals(event.type, held === undefined ? "added" : "modified");
    assert(!this.deletedUids.has(uid), `${uid} came back from the dead`);
    if (held !== undefined) {
      assertEquals(uid, held.metadata.uid, "another object under the same key needs a deletion");
      const order = compareResourceVersions(resourceVersion, held.metadata.resourceVersion ?? "");
      assert(order !== undefined && order > 0, `${event.key} was told again, or went back in time`);
    }
    this.objects.set(event.key, event.object);
  }
}

/** Deterministic jitter: what a test found once it finds again. */
function sequence(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

async function play(
  steps: readonly Step[],
  seed: number,
  pageSize: number,
  streamLists: boolean,
): Promise<void> {
  let uids = 0;
  const clock = new FakeClock();
  const store = new ObjectStore({ newUid: () => `uid-${++uids}` });
  const server = new FakeApiServer({ store, clock });
  store.register(WIDGETS);
  const everDeleted = new Set<string>();
  store.onChange((event) => {
    if (event.type === "DELETED") everDeleted.add(event.object.metadata.uid);
  });

  const caller = new Caller();
  const stop = new AbortController();
  const done = watchResources({
    client: { fetch: inProcessFetch(server.handle) },
    gvr: WIDGETS,
    namespace: "apps",
    onEvent: caller.onEvent,
    onState: (state) => caller.states.push(state),
    signal: stop.signal,
    clock,
    random: sequence(seed),
    pageSize,
    streamLists,
  });

  let marker = 0;
  const put = (key: number) =>
    store.put(WIDGETS, {
      metadata: { name: `w${key}`, namespace: "apps" },
      spec: { marker: ++marker },
    });
  const toggle = (key: number) => {
    if (store.remove(WIDGETS, `w${key}`, "apps") === undefined) put(key);
  };
  const served = () => store.find(WIDGETS) !== undefined;
  await settle();
  for (const step of steps) {
    switch (step.do) {
      case "put":
        if (served()) put(step.key);
        break;
      case "remove":
        if (served()) store.remove(WIDGETS, `w${step.key}`, "apps");
        break;
      case "recreate":
        if (served()) {
          store.remove(WIDGETS, `w${step.key}`, "apps");
          put(step.key);
        }
        break;
      case "wait":
        await clock.advance(step.ms);
        break;
      case "answer":
        server.answerNext(step.count, {
          code: step.code,
          headers: step.retryAfter === "" ? {} : { "retry-after": step.retryAfter },
        });
        break;
      case "hang":
        server.answerNextWith(() => new Promise<never>(() => {}));
        break;
      case "drop-connection":
        server.answerNextWith(() => Promise.reject(new TypeError("connection reset")));
        break;
      case "write":
        server.writeToWatches(step.text);
        break;
      case "fail":
        server.failWatches(step.code, step.reason, "asked for by a test");
        break;
      case "replay":
        if (store.revision - step.back >= store.compactedThrough) {
          server.replayToWatches(store.revision - step.back);
        }
        break;
      case "outage":
        server.cutWatches();
        if (served()) step.keys.forEach(toggle);
        if (step.compact) store.compact();
        await clock.advance(1_000);
        break;
      case "swap":
        if (served()) {
          server.holdChanges();
          step.keys.forEach(toggle);
          server.releaseChanges((changes) => changes.reverse());
          // Both arrive. An event that is lost because its successor came first cannot be missed.
          await clock.advance(0);
        }
        break;
      case "throw":
        caller.failuresLeft = step.times;
        break;
      case "compact":
        store.compact();
        break;
      case "remove-crd":
        server.removeResource(WIDGETS);
        break;
      case "add-crd":
        store.register(WIDGETS);
        break;
      case "cut":
        server.cutWatches();
        break;
      case "end":
        server.endWatches();
        break;
      case "mute":
        server.muteWatches();
        break;
      case "bookmark":
        server.bookmarkWatches();
        break;
    }
    await settle();
  }

  // Everything heals; then the caller has to end in the cluster's state by itself.
  server.clearAnswers();
  store.register(WIDGETS);
  caller.failuresLeft = 0;
  await clock.advance(15 * 60_000);
  if (caller.violation !== undefined) throw caller.violation;
  const truth = store.list(WIDGETS);
  assertEquals(
    [...caller.objects.values()].sort((a, b) => a.metadata.name < b.metadata.name ? -1 : 1),
    truth,
  );
  for (const uid of caller.deletedUids) assert(everDeleted.has(uid), `${uid} was never deleted`);
  const last = caller.states.at(-1);
  assertEquals([last?.phase, last?.synced, last?.error], ["watching", true, undefined]);

  stop.abort();
  await clock.advance(0);
  await done;
  assertEquals(caller.states.at(-1)?.phase, "stopped");
  server.close();
  assertEquals(clock.pending, 0, "a stopped loop leaves no timer behind");
}

Deno.test("after any run of faults the caller holds what the cluster holds, each deletion told once", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 60, size: "max" }),
      fc.nat(),
      fc.constantFrom(1, 2, 500),
      fc.boolean(),
      play,
    ),
    { numRuns: 500 },
  );
});
