import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import type { ElectionOptions } from "./lease_election.ts";
import { Candidate } from "./testing/candidate.ts";
import { FakeApiServer } from "./testing/fake_api_server.ts";
import { FakeClock } from "./testing/fake_clock.ts";
import { inProcessFetch } from "./testing/in_process.ts";
import { LEASES } from "./lease.ts";
import type { LeaseSpec } from "./lease_decision.ts";

class World {
  readonly clock = new FakeClock();
  readonly api = new FakeApiServer({ clock: this.clock });
  readonly candidates: Candidate[] = [];

  constructor({ isServed = true } = {}) {
    if (isServed) this.api.store.register({ ...LEASES, kind: "Lease", namespaced: true });
  }

  readonly start = (identity: string, options: Partial<ElectionOptions> = {}): Candidate => {
    const candidate = new Candidate(
      identity,
      this.clock,
      inProcessFetch(this.api.handle),
      options,
    );
    this.candidates.push(candidate);
    return candidate;
  };

  readonly elapse = (ms: number): Promise<void> => this.clock.advance(ms);

  get spec(): LeaseSpec | undefined {
    return this.api.store.get(LEASES, "adapter", "flux-system")?.spec as LeaseSpec | undefined;
  }

  /** Who leads, by name. */
  get leaders(): string[] {
    return this.candidates.filter(({ acts }) => acts).map(({ identity }) => identity);
  }
}

async function inWorld(
  test: (world: World) => Promise<void>,
  options?: ConstructorParameters<typeof World>[0],
): Promise<void> {
  const world = new World(options);
  try {
    await test(world);
  } finally {
    const closed = Promise.all(world.candidates.map((candidate) => candidate.close()));
    await world.elapse(5_000);
    await closed;
    assertEquals(world.clock.pending, 0, "an election that has ended leaves no timer behind");
    world.api.close();
  }
}

Deno.test("the first candidate makes the lease and leads, the second stands by and knows of whom", () =>
  inWorld(async ({ start, elapse, ...world }) => {
    const a = start("a");
    await elapse(0);
    const b = start("b");
    await elapse(60_000);
    assert(a.acts && !b.acts);
    assertEquals([a.state?.role, b.state?.role, b.state?.holder], ["leader", "candidate", "a"]);
    const { store } = world.api;
    const spec = store.get(LEASES, "adapter", "flux-system")?.spec as LeaseSpec;
    assertEquals([spec.holderIdentity, spec.leaseDurationSeconds, spec.leaseTransitions], [
      "a",
      15,
      0,
    ]);
  }));

Deno.test("a leader renews every two seconds, and reads nothing for it", () =>
  inWorld(async ({ api, start, elapse }) => {
    start("a");
    await elapse(100);
    const before = api.requests.length;
    await elapse(20_000);
    const methods = api.requests.slice(before).map(({ method }) => method);
    assertEquals(methods, Array(10).fill("PUT"));
  }));

Deno.test("a lease that is given back is taken within a few seconds", () =>
  inWorld(async (world) => {
    const a = world.start("a");
    await world.elapse(0);
    world.start("b");
    await world.elapse(10_000);
    a.stop();
    await world.elapse(0);
    assertEquals([world.spec?.holderIdentity, world.spec?.leaseDurationSeconds], [null, 1]);
    assertEquals(a.state?.role, "stopped");
    await world.elapse(2_400);
    assertEquals([world.leaders, world.spec?.leaseTransitions], [["b"], 1]);
  }));

Deno.test("the lease is given back only when the work has ended", () =>
  inWorld(async (world) => {
    const work = Promise.withResolvers<void>();
    const a = world.start("a", { lead: () => work.promise });
    await world.elapse(1_000);
    a.stop();
    await world.elapse(1_000);
    assertEquals(world.spec?.holderIdentity, "a");
    work.resolve();
    await world.elapse(0);
    assertEquals(world.spec?.holderIdentity, null);
  }));

Deno.test("a leader that is killed is followed in less than 18 s, whatever the dice say", () =>
  fc.assert(
    fc.asyncProperty(
      fc.infiniteStream(fc.double({ min: 0, max: 0.999, noNaN: true })),
      fc.nat(4_000),
      (randoms, killAfter) =>
        inWorld(async (world) => {
          const a = world.start("a");
          await world.elapse(0);
          const random = () => randoms.next().value;
          for (const identity of ["b", "c", "d"]) world.start(identity, { random });
          await world.elapse(20_000 + killAfter);
          a.kill();
          await world.elapse(18_000);
          assertEquals(world.leaders.length, 1);
        }),
    ),
    { numRuns: 30 },
  ));

Deno.test("a leader that cannot renew stops before the others may start", () =>
  inWorld(async (world) => {
    const a = world.start("a");
    await world.elapse(0);
    world.start("b");
    await world.elapse(10_000);
    const { term } = a;
    a.network = "void";
    await world.elapse(10_000);
    assertEquals(world.leaders, []);
    assert(term?.signal.aborted);
    assertStringIncludes(String(term?.signal.reason), "could not be renewed in time");
    await world.elapse(8_000);
    assertEquals(world.leaders, ["b"]);
    a.network = "up";
    await world.elapse(10_000);
    assertEquals([world.leaders, a.state?.role, a.state?.holder], [["b"], "candidate", "b"]);
  }));

Deno.test("an interruption that is shorter than the deadline costs nothing", () =>
  inWorld(async (world) => {
    const a = world.start("a");
    await world.elapse(0);
    for (const network of ["void", "cut", "one-way"] as const) {
      a.network = network;
      await world.elapse(7_000);
      assertEquals(a.state?.error !== undefined, true, network);
      a.network = "up";
      await world.elapse(8_000);
      assertEquals([world.leaders, a.terms, a.state?.error], [["a"], 1, undefined]);
    }
  }));

Deno.test("a process that was frozen does nothing as a leader after it goes on", () =>
  inWorld(async (world) => {
    const a = world.start("a");
    await world.elapse(0);
    world.start("b");
    await world.elapse(5_000);
    const { term } = a;
    a.freeze();
    await world.elapse(60_000);
    assertEquals(world.leaders, ["b"]);
    assertEquals(term?.isHeld(), false, "before any of its timers has fired");
    a.thaw();
    await world.elapse(5_000);
    assertEquals([world.leaders, a.state?.holder], [["b"], "b"]);
  }));

Deno.test("a wall clock that jumps ahead ends the right to act at once, until the next renewal", () =>
  inWorld(async (world) => {
    let ahead = 0;
    const a = world.start("a", { wallClock: () => world.clock.now() + ahead });
    await world.elapse(500);
    ahead = 3_600_000;
    assertEquals(a.acts, false);
    await world.elapse(2_000);
    assertEquals([a.acts, a.terms], [true, 1]);
  }));

Deno.test("a lease that was taken by force ends the term with the next renewal", () =>
  inWorld(async (world) => {
    const a = world.start("a");
    await world.elapse(3_000);
    const { term } = a;
    const lease = world.api.store.get(LEASES, "adapter", "flux-system");
    assert(lease !== undefined);
    world.api.store.put(LEASES, { ...lease, spec: { ...world.spec, holderIdentity: "kubectl" } });
    await world.elapse(2_000);
    assertStringIncludes(String(term?.signal.reason), "kubectl has it");
    assertEquals(world.leaders, []);
  }));

Deno.test("a lease that was deleted is made anew by its holder", () =>
  inWorld(async (world) => {
    const a = world.start("a");
    await world.elapse(0);
    world.start("b");
    await world.elapse(5_000);
    world.api.store.remove(LEASES, "adapter", "flux-system");
    await world.elapse(5_000);
    assertEquals([world.leaders, a.terms, world.spec?.holderIdentity], [["a"], 1, "a"]);
  }));

Deno.test("labels that others put on the lease survive a renewal, and cost one conflict", () =>
  inWorld(async (world) => {
    const a = world.start("a");
    await world.elapse(3_000);
    const lease = world.api.store.get(LEASES, "adapter", "flux-system");
    assert(lease !== undefined);
    world.api.store.put(LEASES, {
      ...lease,
      metadata: { ...lease.metadata, labels: { team: "core" } },
    });
    await world.elapse(10_000);
    const { metadata } = world.api.store.get(LEASES, "adapter", "flux-system") ?? {};
    assertEquals([metadata?.labels, a.terms, world.leaders], [{ team: "core" }, 1, ["a"]]);
  }));

Deno.test("without permission there is no leader, what is missing is said, and it heals", () =>
  inWorld(async (world) => {
    world.api.answerNext(6, { code: 403, reason: "Forbidden", message: "cannot get leases" });
    const a = world.start("a");
    await world.elapse(10_000);
    assertEquals([a.state?.role, a.state?.error?.code], ["candidate", "forbidden"]);
    assertStringIncludes(
      a.state?.error?.message ?? "",
      "grant get, create and update on leases (coordination.k8s.io) in flux-system",
    );
    assertEquals(world.api.requests.length, 5, "four times as after a start of the API server");
    await world.elapse(8_000);
    assertEquals(world.api.requests.length, 5, "then nobody is in a hurry");
    await world.elapse(30_000);
    assertEquals([a.state?.role, a.state?.error], ["leader", undefined]);
  }));

Deno.test("a cluster without the lease API is said to be one", () =>
  inWorld(async (world) => {
    const a = world.start("a");
    await world.elapse(30_000);
    assertEquals([a.state?.role, a.state?.error?.code], ["candidate", "not-found"]);
  }, { isServed: false }));

Deno.test("an answer that is no lease is no lease", () =>
  inWorld(async (world) => {
    world.api.answerNextWith(() => Response.json({ kind: "Status" }));
    world.api.answerNextWith(() => new Response("<html>"));
    const a = world.start("a");
    await world.elapse(1_000);
    assertEquals(a.state?.error?.code, "bad-response");
    await world.elapse(10_000);
    assertEquals(world.leaders, ["a"]);
  }));

Deno.test("work that fails ends the election, and the lease is given back before", () =>
  inWorld(async (world) => {
    const a = new Candidate("a", world.clock, inProcessFetch(world.api.handle), {
      lead: () => Promise.reject(new Error("broken")),
    });
    const failed = assertRejects(() => a.ended, Error, "broken");
    await world.elapse(0);
    await failed;
    assertEquals(world.spec?.holderIdentity, null);
  }));

Deno.test("work that ends by itself ends the election", () =>
  inWorld(async (world) => {
    const a = world.start("a", { lead: () => Promise.resolve() });
    await world.elapse(0);
    await a.ended;
    assertEquals([a.state?.role, world.spec?.holderIdentity], ["stopped", null]);
  }));

Deno.test("a caller that cannot take its own state ends the election", () =>
  inWorld(async (world) => {
    const a = new Candidate("a", world.clock, inProcessFetch(world.api.handle), {
      onState: () => {
        throw new Error("no room");
      },
    });
    const failed = assertRejects(() => a.ended, Error, "no room");
    await world.elapse(30_000);
    await failed;
  }));

Deno.test("an election that is told to stop before it starts touches nothing", () =>
  inWorld(async (world) => {
    const a = world.start("a", { signal: AbortSignal.abort() });
    await world.elapse(1_000);
    await a.ended;
    assertEquals(world.api.requests, []);
  }));
