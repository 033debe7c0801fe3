import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { FanInPolicy } from "../../contracts/transport/policies.ts";
import { FanIn } from "./fan_in.ts";

const ALL: FanInPolicy = { mode: "all", quorum: 1, timeout: 1_000, maxEntries: 10 };
const NEEDS = ["a", "b", "c"];

Deno.test("a join of all is ready with the last of its upstreams, and holds what each put out", () => {
  const fanIn = new FanIn();
  const arrive = (upstream: string) =>
    fanIn.arrive("join", "m1", upstream, { from: upstream }, NEEDS, ALL, 0);
  assertEquals(arrive("a"), { kind: "waiting", missing: 2 });
  assertEquals(arrive("a"), { kind: "waiting", missing: 2 });
  assertEquals(arrive("stranger"), { kind: "waiting", missing: 2 });
  assertEquals(arrive("c"), { kind: "waiting", missing: 1 });
  const ready = arrive("b");
  assert(ready.kind === "ready");
  assertEquals([...ready.outputs.keys()].sort(), NEEDS);
  assertEquals(arrive("b"), { kind: "done" });
});

Deno.test("an entry that waits too long, or too many of them, is lost and counted once", () => {
  const fanIn = new FanIn();
  const policy = { ...ALL, maxEntries: 2 };
  for (const id of ["m1", "m2", "m3"]) fanIn.arrive("join", id, "a", {}, NEEDS, policy, 0);
  assertEquals(fanIn.size, 2);
  fanIn.expire(999);
  assertEquals(fanIn.size, 2);
  fanIn.expire(1_000);
  assertEquals(fanIn.takeLost(), { expired: 2, evicted: 1 });
  assertEquals(fanIn.takeLost(), { expired: 0, evicted: 0 });
});

Deno.test("in any order a join fires exactly once, when enough distinct upstreams were there", () => {
  const arrivals = fc.array(
    fc.record({
      step: fc.constantFrom("x", "y"),
      join: fc.constantFrom("m1", "m2", "m3"),
      upstream: fc.constantFrom(...NEEDS, "stranger"),
    }),
    { maxLength: 60 },
  );
  const modes = fc.constantFrom("all" as const, "any" as const, "quorum" as const);
  fc.assert(fc.property(arrivals, modes, fc.integer({ min: 1, max: 5 }), (events, mode, quorum) => {
    const fanIn = new FanIn();
    const policy: FanInPolicy = { mode, quorum, timeout: 1_000, maxEntries: 100 };
    const wanted = mode === "any" ? 1 : mode === "all" ? 3 : Math.min(quorum, 3);
    const seen = new Map<string, Set<string>>();
    for (const { step, join, upstream } of events) {
      const known = seen.get(`${step}/${join}`) ?? new Set<string>();
      const before = known.size;
      if (NEEDS.includes(upstream)) known.add(upstream);
      seen.set(`${step}/${join}`, known);
      const { kind } = fanIn.arrive(step, join, upstream, {}, NEEDS, policy, 0);
      const expected = before >= wanted ? "done" : known.size >= wanted ? "ready" : "waiting";
      assertEquals(kind, expected);
    }
  }));
});
