import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { FlowMessage, FlowNode } from "../contracts/flow.ts";
import type { FlowState } from "../contracts/fold.ts";
import { ownedBy } from "./outbox_diff.ts";
import type { FlowPart, Freshness } from "./outbox_part.ts";
import type { Fault } from "./testing/memory_router.ts";
import {
  inWorld,
  node,
  ownershipOf,
  part,
  type Running,
  type World,
} from "./testing/outbox_world.ts";

const TWINS = ["one", "two"] as const;
type Twin = typeof TWINS[number];

/** One thing that happens to what two emitters show, to what each knows of it, or to their router. */
type Action =
  | { readonly type: "change"; readonly leaf: string; readonly status: string | undefined }
  | { readonly type: "see"; readonly twin: Twin; readonly lag: number }
  | { readonly type: "hand-over" | "rebuild" | "restart" | "release-late" }
  | { readonly type: "elapse"; readonly milliseconds: number }
  | { readonly type: "fault"; readonly fault: Fault };

const actions: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant("change" as const),
      leaf: fc.constantFrom("a", "b", "c"),
      status: fc.constantFrom("pending", "running", "failed", undefined),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant("see" as const),
      twin: fc.constantFrom(...TWINS),
      lag: fc.constantFrom(0, 0, 1, 3),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant("elapse" as const),
      milliseconds: fc.oneof(fc.nat(300), fc.nat(20_000)),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ type: fc.constantFrom("hand-over" as const, "hand-over", "restart") }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constantFrom("rebuild" as const, "release-late") }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant("fault" as const),
      fault: fc.constantFrom<Fault[]>(
        { type: "cut" },
        { type: "lost-answer" },
        { type: "late" },
        { type: "refuse", status: 503 },
      ),
    }),
  },
);

/** What both show, with everything that ever happened to it. */
class Truth {
  history: ReadonlyMap<string, string>[] = [new Map()];
  /** Begins anew when the truth is built anew, with smaller versions. */
  life = 0;

  get version(): number {
    return this.history.length;
  }

  change(leaf: string, status: string | undefined): void {
    const next = new Map(this.history.at(-1));
    if (status === undefined) next.delete(leaf);
    else next.set(leaf, status);
    this.history.push(next);
  }

  partAt(version: number): FlowPart {
    const state = this.history[version - 1] ?? new Map();
    return part([
      node("fsn1", "running", { meta: { life: this.life, version } }),
      ...[...state].map(([leaf, status]) => node(`fsn1/${leaf}`, status)),
    ]);
  }
}

const versionOf = (root: FlowNode | undefined) => Number(root?.meta?.["version"] ?? 0);
const lifeOf = (root: FlowNode | undefined) => Number(root?.meta?.["life"] ?? 0);
const rootOf = ({ nodes }: Pick<FlowState, "nodes">) =>
  [...nodes.values()].find(({ id }) => id === "fsn1");

/** One emitter, which may know less than there is, and holds back what is older than the router's. */
class Emitter {
  running: Running | undefined;
  seen = 1;
  /** The router's version of which a list has shown that it is of a life before. */
  #disproved = 0;
  /** The latest that this outbox was shown by the router. */
  shown: FlowNode | undefined;
  readonly violations: string[] = [];

  constructor(readonly twin: Twin, readonly world: World, readonly truth: Truth) {}

  start(): void {
    this.shown = undefined;
    const fetch = this.world.router.fetchAs(this.twin);
    this.running = this.world.start("fsn1", {
      fetch: async (input, init) => {
        this.#check(init);
        const response = await fetch(input, init);
        await this.#look(response);
        return response;
      },
      freshness: this.#freshness,
      onEvent: ({ type }) => {
        // It takes a moment to list.
        if (type === "behind") this.world.clock.after(700, () => this.#list());
        // Versions repeat from one life to the next: what was shown counts for one round of posts.
        if (type === "posted" || type === "failed") this.#disproved = 0;
      },
    });
    this.#set();
  }

  see(lag: number): void {
    // Nobody forgets what he has seen, unless it never happened.
    const version = Math.max(this.truth.version - lag, 1);
    this.seen = Math.min(Math.max(version, this.seen), this.truth.version);
    this.#set();
  }

  #list(): void {
    this.seen = this.truth.version;
    this.#disproved = versionOf(rootOf(this.world.router.state));
    this.#set();
  }

  #set(): void {
    this.running?.outbox.set(this.truth.partAt(this.seen));
  }

  readonly #freshness: Freshness = (ours, known) => {
    const theirs = versionOf(rootOf(known));
    const isOlder = versionOf(ours.nodes[0]) < theirs;
    if (!isOlder) this.#disproved = 0;
    return isOlder && theirs !== this.#disproved ? undefined : ours;
  };

  /** No post takes back what this emitter was shown of the same life. */
  #check(init: RequestInit | undefined): void {
    if (init?.method !== "POST" || this.shown === undefined) return;
    if (lifeOf(this.shown) === this.truth.life && this.seen < versionOf(this.shown)) {
      this.violations.push(`${this.twin} posts ${this.seen} over ${versionOf(this.shown)}`);
    }
    const messages: FlowMessage[] = [JSON.parse(String(init.body))].flat();
    const root = messages.flatMap((message) => message.type === "upsert-nodes" ? message.nodes : [])
      .find(({ id }) => id === "fsn1");
    if (root !== undefined) this.shown = root;
  }

  async #look(response: Response): Promise<void> {
    if (response.status !== 200) return;
    const body = await response.clone().json();
    if (body.type !== "snapshot") return;
    this.shown = (body.nodes as FlowNode[] | undefined)?.find(({ id }) => id === "fsn1");
  }
}

async function play(world: World, script: readonly Action[], isElected: boolean): Promise<Truth> {
  const truth = new Truth();
  const [one, two] = [new Emitter("one", world, truth), new Emitter("two", world, truth)];
  const emitters = { one, two };
  let leader: Twin = "one";
  for (const emitter of isElected ? [one] : [one, two]) emitter.start();
  for (const action of script) {
    switch (action.type) {
      case "change":
        truth.change(action.leaf, action.status);
        break;
      case "see":
        emitters[action.twin].see(action.lag);
        break;
      case "hand-over":
        if (!isElected) break;
        // What it was posting may still arrive.
        await emitters[leader].running?.stop();
        emitters[leader].running = undefined;
        leader = leader === "one" ? "two" : "one";
        emitters[leader].start();
        break;
      case "rebuild":
        truth.history = truth.history.slice(0, 1);
        truth.life++;
        for (const emitter of [one, two]) emitter.see(0);
        break;
      case "restart":
        world.router.restart();
        break;
      case "release-late":
        world.router.releaseLate();
        break;
      case "elapse":
        await world.elapse(action.milliseconds);
        break;
      case "fault":
        world.router.faults.push(action.fault);
        break;
    }
  }
  world.router.faults.length = 0;
  world.router.releaseLate();
  for (const emitter of [one, two]) emitter.see(0);
  await world.elapse(3 * 37_500);
  assertEquals([...one.violations, ...two.violations], []);
  return truth;
}

for (const isElected of [true, false]) {
  const name = isElected ? "of which one posts at a time" : "that both post";
  Deno.test(`two emitters of one part ${name}: none takes back what it was shown`, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(actions, { maxLength: 30, size: "max" }),
        (script) =>
          inWorld(async (world) => {
            const truth = await play(world, script, isElected);
            const have = ownedBy(ownershipOf("fsn1"), world.router.state);
            const want = truth.partAt(truth.version);
            assertEquals(
              [...have.nodes.values()].map(({ id, status }) => `${id} ${status}`).sort(),
              want.nodes.map(({ id, status }) => `${id} ${status}`).sort(),
            );
            assert(versionOf(rootOf(have)) >= 1);
          }),
      ),
      { numRuns: 150 },
    );
  });
}
