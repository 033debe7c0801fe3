import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { claim, type Lease, type LeaseSpec, nextMove, observe, vacancy } from "./lease_decision.ts";

const lease = (spec: LeaseSpec | undefined, resourceVersion = "1", labels = {}): Lease => ({
  metadata: { name: "adapter", namespace: "flux-system", resourceVersion, labels },
  ...(spec === undefined ? {} : { spec }),
});
const held: LeaseSpec = {
  holderIdentity: "a",
  leaseDurationSeconds: 15,
  acquireTime: "2026-01-01T00:00:00.000000Z",
  renewTime: "2026-01-01T00:00:00.000000Z",
  leaseTransitions: 3,
};

Deno.test("a lease that nobody has made is created, one that nobody holds is taken", () => {
  assertEquals(nextMove(observe(undefined, undefined, 0, 1), "b", 0), "create");
  for (const spec of [undefined, {}, { holderIdentity: "" }, { holderIdentity: null }]) {
    assertEquals(nextMove(observe(undefined, lease(spec), 0, 1), "b", 0), "update");
  }
});

Deno.test("time runs from when the record was seen to change, on the observer's own clock", () => {
  // Its renewTime is long past, or in the future: both are another machine's opinion.
  for (const renewTime of ["2001-01-01T00:00:00.000000Z", "2999-01-01T00:00:00.000000Z"]) {
    const first = observe(undefined, lease({ ...held, renewTime }), 1_000, 1);
    const again = observe(first, lease({ ...held, renewTime }), 9_000, 1);
    assertEquals(nextMove(again, "b", 15_999), "wait");
    assertEquals(nextMove(again, "b", 16_000), "update");
  }
});

Deno.test("a renewal starts the time anew, a new label does not", () => {
  const first = observe(undefined, lease(held), 0, 1);
  const labelled = observe(first, lease(held, "2", { team: "core" }), 14_000, 1);
  assertEquals(nextMove(labelled, "b", 15_000), "update");
  assertEquals(labelled.lease?.metadata.resourceVersion, "2");
  const renewal = { ...held, renewTime: "2026-01-01T00:00:02.000000Z" };
  const renewed = observe(labelled, lease(renewal, "3"), 14_000, 1);
  assertEquals(nextMove(renewed, "b", 28_999), "wait");
});

Deno.test("a holder that does not say for how long is given the fallback", () => {
  for (const leaseDurationSeconds of [undefined, null, 0, -1]) {
    const observed = observe(
      undefined,
      lease({ holderIdentity: "a", leaseDurationSeconds } as LeaseSpec),
      0,
      4_000,
    );
    assertEquals([nextMove(observed, "b", 3_999), nextMove(observed, "b", 4_000)], [
      "wait",
      "update",
    ]);
  }
});

Deno.test("a lease that was deleted under its holder is left alone until its time is up", () => {
  const gone = observe(observe(undefined, lease(held), 0, 1), undefined, 5_000, 1);
  assertEquals([nextMove(gone, "b", 14_999), nextMove(gone, "b", 15_000)], ["wait", "create"]);
  assertEquals(nextMove(gone, "a", 5_000), "create", "its holder makes it anew at once");
});

Deno.test("the holder may always renew", () => {
  const observed = observe(undefined, lease(held), 0, 1);
  assertEquals([nextMove(observed, "a", 1), nextMove(observed, "a", 99_999)], ["update", "update"]);
});

Deno.test("a renewal keeps when and how often the lease was acquired, a takeover counts", () => {
  const wall = Date.UTC(2026, 0, 1, 0, 1);
  assertEquals(claim(lease(held), "a", wall, 15_000), {
    ...held,
    renewTime: "2026-01-01T00:01:00.000000Z",
  });
  assertEquals(claim(lease(held), "b", wall, 4_500), {
    holderIdentity: "b",
    leaseDurationSeconds: 5,
    acquireTime: "2026-01-01T00:01:00.000000Z",
    renewTime: "2026-01-01T00:01:00.000000Z",
    leaseTransitions: 4,
  });
  assertEquals(claim(undefined, "b", wall, 15_000).leaseTransitions, 0);
});

Deno.test("a vacated lease is nobody's and remembers its transitions", () => {
  const spec = vacancy(lease(held), 0);
  assertEquals([spec.holderIdentity, spec.leaseTransitions], [null, 3]);
  assertEquals(nextMove(observe(undefined, lease(spec), 0, 1), "b", 0), "update");
});

Deno.test("what others put into the record is kept", () => {
  const spec = { ...held, strategy: "OldestEmulationVersion" };
  assertEquals((claim(lease(spec), "b", 0, 1) as typeof spec).strategy, spec.strategy);
  assertEquals((vacancy(lease(spec), 0) as typeof spec).strategy, spec.strategy);
});

Deno.test("nobody takes a lease within its duration after the last change that he saw", () => {
  const step = fc.record({
    wait: fc.nat(20_000),
    renewTime: fc.constantFrom("2026-01-01T00:00:00.000000Z", "2026-01-01T00:00:02.000000Z"),
    isThere: fc.boolean(),
  });
  fc.assert(fc.property(fc.array(step, { minLength: 1 }), (steps) => {
    let now = 0;
    let observed: ReturnType<typeof observe> | undefined;
    let seen = { renewTime: "", at: -Infinity };
    for (const { wait, renewTime, isThere } of steps) {
      now += wait;
      observed = observe(observed, isThere ? lease({ ...held, renewTime }) : undefined, now, 1);
      // After a deletion the same words are a new record.
      if (isThere && (renewTime !== seen.renewTime)) seen = { renewTime, at: now };
      if (!isThere) seen = { ...seen, renewTime: "" };
      const move = nextMove(observed, "b", now);
      if (now < seen.at + 15_000) assertEquals(move, "wait");
      else assert(isThere || move === "create");
    }
  }));
});
