import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import type { Claim } from "../server/admission.ts";
import { Code, Refusal } from "../server/refusal.ts";
import type { Owner, Placement } from "./owner.ts";
import { StreamPlacement } from "./stream_placement.ts";

const CLAIM: Claim = {
  namespace: "demo",
  storyRun: "run-1",
  step: "a",
  generation: 1,
  batched: false,
  capabilities: "none",
};
const HERE: Owner = { at: "here" };
const THERE: Owner = { at: "elsewhere", endpoint: "hub-1:1" };
const UNKNOWN: Owner = { at: "unknown", why: "no hub is assigned to the run yet" };

/** A hub `hub-0:1` that is told where the run is, and a clock that is run out by hand. */
class World {
  readonly #listeners: ((namespace: string, storyRun: string) => void)[] = [];
  readonly #timers = new Set<() => void>();
  readonly streams: StreamPlacement;
  readonly learned: string[] = [];

  constructor(private owner: Owner) {
    const placement: Placement = {
      self: "hub-0:1",
      ownerOf: () => this.owner,
      versionOf: () => "1",
      takeFormer: () => undefined,
      learn: (...said) => void this.learned.push(said.join(" ")),
      onChange: (listener) => {
        this.#listeners.push(listener);
        return () => {};
      },
    };
    this.streams = new StreamPlacement(placement, {
      now: () => 0,
      after: (_ms, callback) => {
        this.#timers.add(callback);
        return () => this.#timers.delete(callback);
      },
    });
  }

  learn(owner: Owner, storyRun = "run-1"): void {
    this.owner = owner;
    for (const listener of this.#listeners) listener("demo", storyRun);
  }

  get timers(): number {
    return this.#timers.size;
  }

  timeOut(): void {
    for (const callback of [...this.#timers]) callback();
  }
}

async function refusal(placed: Promise<unknown>): Promise<[number, string | undefined]> {
  const { code, owner } = await assertRejects(() => placed, Refusal);
  return [code, owner];
}

Deno.test("a stream is taken here, passed on, or sent to where its run is", async () => {
  assertEquals(await new World(HERE).streams.place(CLAIM), undefined);
  const { streams } = new World(THERE);
  assertEquals(await streams.place(CLAIM), "hub-1:1");
  const follow = { ...CLAIM, follow: "1" };
  assertEquals(await refusal(streams.place(follow)), [Code.unavailable, "hub-1:1"]);
});

Deno.test("a stream whose run is nowhere yet waits for the news, and not for long", async () => {
  const world = new World(UNKNOWN);
  const placed = world.streams.place(CLAIM);
  world.learn(UNKNOWN);
  world.learn(THERE, "run-2");
  world.learn(HERE);
  assertEquals(await placed, undefined);
  assertEquals(world.timers, 0);
  world.learn(UNKNOWN);
  const refused = refusal(world.streams.place(CLAIM));
  world.timeOut();
  assertEquals(await refused, [Code.unavailable, undefined]);
});

Deno.test("who was sent here by a hub that knows more waits until this one knows, too", async () => {
  for (const sent of [{ relayed: "hub-2:1" }, { follow: "hub-0:1" }]) {
    const world = new World(THERE);
    const placed = world.streams.place({ ...CLAIM, ...sent });
    world.learn(HERE);
    assertEquals(await placed, undefined);
    world.learn(THERE);
    const refused = refusal(world.streams.place({ ...CLAIM, ...sent }));
    world.timeOut();
    assertEquals(await refused, [Code.unavailable, "hub-1:1"], "and is never passed on again");
  }
});

Deno.test("what was found is looked at again before the stream is taken", () => {
  const world = new World(HERE);
  world.streams.confirm(CLAIM);
  world.learn(THERE);
  assertEquals(assertThrows(() => world.streams.confirm(CLAIM), Refusal).owner, "hub-1:1");
  world.learn(UNKNOWN);
  assertEquals(assertThrows(() => world.streams.confirm(CLAIM), Refusal).owner, undefined);
});

Deno.test("a hub that has taken a run is noted, and gets no stream", async () => {
  const { streams, learned } = new World(HERE);
  const taken = { ...CLAIM, relayed: "hub-1:1", taken: "17" };
  assertEquals(await refusal(streams.place(taken)), [Code.unavailable, undefined]);
  assertEquals(learned, ["demo run-1 hub-1:1 17"]);
});
