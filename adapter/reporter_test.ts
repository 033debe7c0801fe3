import { assert, assertEquals } from "@std/assert";
import { FakeClock } from "../client/testing/fake_clock.ts";
import { MemoryRouter } from "../client/testing/memory_router.ts";
import { settle } from "../client/testing/settle.ts";
import type { Term } from "../kube/lease_election.ts";
import { mapRegion } from "./flux/map_region.ts";
import { release } from "./flux/testing/release.ts";
import { Metrics } from "./metrics.ts";
import { Reporter } from "./reporter.ts";
import { CONFIG } from "./testing/cluster_world.ts";

function setUp() {
  const clock = new FakeClock();
  const router = new MemoryRouter("rollout", clock);
  const lines: string[] = [];
  const lists: string[][] = [];
  const catchUp = Promise.withResolvers<void>();
  const reporter = new Reporter({
    config: CONFIG,
    log: (level, message) => lines.push(`${level} ${message}`),
    fetch: router.fetchAs("fsn1"),
    readTextFile: () => Promise.reject(new Error("no file")),
    clock,
    random: () => 0.5,
    metrics: new Metrics(),
    catchUp: (keys) => {
      lists.push([...keys]);
      return catchUp.promise;
    },
  });
  const map = (...names: string[]) =>
    mapRegion({ releases: names.map((name) => release({ name })), charts: [] }, CONFIG);
  const elapse = async (milliseconds: number) => {
    for (let left = milliseconds; left > 0; left -= 100) {
      await settle();
      clock.advance(Math.min(left, 100));
    }
    await settle();
  };
  return { clock, router, lines, reporter, map, elapse, lists, catchUp };
}

function term(): Term & { isOver: boolean; readonly end: AbortController } {
  const end = new AbortController();
  return {
    isOver: false,
    end,
    signal: end.signal,
    isHeld() {
      return !this.isOver;
    },
  };
}

Deno.test("nothing is sent when the lease is not held, also before the term hears of it", async () => {
  const { router, reporter, map, elapse } = setUp();
  const held = term();
  reporter.set(map("bp-a"));
  const stop = new AbortController();
  const ended = reporter.run(stop.signal, held);
  await elapse(1_000);
  assertEquals(router.state.nodes.size, 2);
  const before = router.requests.length;
  // As in a process that was frozen: the time is up, its timer has not fired.
  held.isOver = true;
  reporter.set(map("bp-a", "bp-b"));
  await elapse(60_000);
  assertEquals(router.requests.length, before);
  held.end.abort();
  await ended;
  assertEquals([router.requests.length, reporter.status], [before, undefined]);
});

Deno.test("each term begins by looking at what the router has", async () => {
  const { router, reporter, map, elapse } = setUp();
  reporter.set(map("bp-a"));
  const stop = new AbortController();
  for (const round of [1, 2]) {
    const held = term();
    const ended = reporter.run(stop.signal, held);
    await elapse(1_000);
    assertEquals(router.state.nodes.size, 2, `round ${round}`);
    held.end.abort();
    await ended;
    // Another adapter had the next term, and another cluster in mind.
    router.publish({ type: "delete-nodes", ids: ["fsn1", "fsn1/bp-a"] });
  }
});

Deno.test("what was mapped between two terms is posted in the next", async () => {
  const { router, reporter, map, elapse } = setUp();
  reporter.set(map("bp-a"));
  reporter.set(map("bp-a", "bp-b"));
  const stop = new AbortController();
  const ended = reporter.run(stop.signal);
  await elapse(1_000);
  assertEquals(router.state.nodes.size, 3);
  stop.abort();
  await elapse(1_000);
  await ended;
  assert(reporter.status?.inSync, "what is known at the end stays to be told");
});

Deno.test("what is wrong with the router is said once in each term, and when it is over", async () => {
  const { router, reporter, lines, map, elapse } = setUp();
  reporter.set(map("bp-a"));
  router.isDown = true;
  const stop = new AbortController();
  const ended = reporter.run(stop.signal);
  await elapse(20_000);
  assertEquals(lines, ["WARN router request failed, will retry"]);
  router.isDown = false;
  await elapse(30_000);
  assertEquals(lines.slice(1), ["INFO router answers again"]);
  stop.abort();
  await elapse(1_000);
  await ended;
});

/** A map of some releases, of a time when they were at these versions. */
function mapAt(version: string, ...names: string[]) {
  const versions = { "HelmRelease/flux-system": version };
  return mapRegion({
    releases: names.map((name) => release({ name })),
    charts: [],
    knowledge: { told: versions, complete: versions },
  }, CONFIG);
}

Deno.test("a map that is older than the router's is held back, and what it lacks is listed", async () => {
  const { router, reporter, lists, lines, catchUp, elapse } = setUp();
  const { nodes, relationships } = mapAt("20", "bp-a", "bp-b");
  router.publish({ type: "upsert-nodes", nodes: [...nodes] });
  router.publish({ type: "upsert-rels", relationships: [...relationships] });
  reporter.set(mapAt("10", "bp-a"));
  const stop = new AbortController();
  const ended = reporter.run(stop.signal);
  await elapse(20_000);
  assertEquals([router.posts, lists], [[], [["HelmRelease/flux-system"]]]);
  assertEquals(lines, ["WARN router has a later state, listing again"]);
  assertEquals([reporter.status?.isBehind, reporter.status?.inSync], [true, false]);

  // The list finds what was missing, and more.
  reporter.set(mapAt("21", "bp-a", "bp-b", "bp-c"));
  catchUp.resolve();
  await elapse(1_000);
  assertEquals(router.state.nodes.size, 4);
  assertEquals([reporter.status?.isBehind, reporter.status?.inSync], [false, true]);
  stop.abort();
  await elapse(1_000);
  await ended;
});

Deno.test("a list that does not reach the router's versions proves that they are of no more", async () => {
  const { router, reporter, lists, catchUp, elapse } = setUp();
  router.publish({ type: "upsert-nodes", nodes: [...mapAt("1000000", "bp-a", "bp-b").nodes] });
  reporter.set(mapAt("10", "bp-a"));
  const stop = new AbortController();
  const ended = reporter.run(stop.signal);
  await elapse(5_000);
  assertEquals(router.posts, []);
  reporter.set(mapAt("12", "bp-a"));
  catchUp.resolve();
  await elapse(1_000);
  assertEquals([...router.state.nodes.values()].map(({ id }) => id), ["fsn1", "fsn1/bp-a"]);
  reporter.set(mapAt("13", "bp-a", "bp-c"));
  await elapse(1_000);
  assertEquals([router.state.nodes.size, lists.length], [3, 1]);
  stop.abort();
  await elapse(1_000);
  await ended;
});
