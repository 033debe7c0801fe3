import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { LEASES } from "./lease.ts";
import { DEFAULT_LEASE_TIMING } from "./lease_election.ts";
import { Candidate, type Skew } from "./testing/candidate.ts";
import { FakeApiServer } from "./testing/fake_api_server.ts";
import { FakeClock } from "./testing/fake_clock.ts";
import { inProcessFetch } from "./testing/in_process.ts";

/** One thing that happens to a candidate, its machine, its network or the lease. */
type Step =
  | { readonly do: "wait"; readonly ms: number }
  | { readonly do: "network"; readonly who: number; readonly network: Candidate["network"] }
  | { readonly do: "latency"; readonly who: number; readonly there: number; readonly back: number }
  | { readonly do: "stop" | "kill" | "start" | "freeze" | "thaw"; readonly who: number }
  | { readonly do: "answer"; readonly count: number; readonly code: number }
  | { readonly do: "delete-lease" | "label-lease" };

const who = fc.nat(3);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant("wait" as const),
      ms: fc.oneof(fc.nat(500), fc.nat(5_000), fc.nat(40_000)),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant("network" as const),
      who,
      network: fc.constantFrom("up" as const, "up" as const, "cut", "void", "one-way"),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("latency" as const),
      who,
      there: fc.oneof(fc.nat(50), fc.nat(30_000)),
      back: fc.oneof(fc.nat(50), fc.nat(30_000)),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom("stop", "kill", "start", "start", "freeze", "thaw"),
      who,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("answer" as const),
      count: fc.integer({ min: 1, max: 5 }),
      code: fc.constantFrom(401, 403, 409, 429, 500, 503),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constantFrom("delete-lease" as const, "label-lease" as const) }),
  },
);

/**
 * A third off in either direction would be the limit (15 s by one clock, 10 s by another); no
 * machine's is off by a tenth.
 */
const skew: fc.Arbitrary<Skew> = fc.record({
  offset: fc.integer({ min: -86_400_000, max: 86_400_000 }),
  rate: fc.double({ min: 0.9, max: 1.1, noNaN: true }),
});

/** How often the world is looked at, in milliseconds. */
const TICK = 250;

class Election {
  readonly clock = new FakeClock();
  readonly api = new FakeApiServer({ clock: this.clock });
  readonly everyone: Candidate[] = [];
  readonly current: (Candidate | undefined)[] = [];
  readonly #skews: readonly Skew[];
  readonly #random: () => number;
  #lastFaultAt = -Infinity;
  /** Nobody who comes now can know who held the lease that is gone. */
  #strangersWaitUntil = -Infinity;

  constructor(skews: readonly Skew[], random: () => number) {
    this.#skews = skews;
    this.#random = random;
    this.api.store.register({ ...LEASES, kind: "Lease", namespaced: true });
    for (const who of skews.keys()) this.start(who);
  }

  start(who: number): void {
    if (this.current[who] !== undefined || this.clock.now() < this.#strangersWaitUntil) return;
    const candidate = new Candidate(
      `candidate-${who}-${this.everyone.length}`,
      this.clock,
      inProcessFetch(this.api.handle),
      { skew: this.#skews[who] ?? { offset: 0, rate: 1 }, random: this.#random },
    );
    this.everyone.push(candidate);
    this.current[who] = candidate;
  }

  async elapse(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= TICK) {
      await this.clock.advance(Math.min(TICK, left));
      this.check();
    }
  }

  check(): void {
    const acting = this.everyone.filter(({ acts }) => acts).map(({ identity }) => identity);
    assert(acting.length <= 1, `${acting.join(" and ")} lead at the same time`);
  }

  async play(step: Step): Promise<void> {
    const candidate = "who" in step ? this.current[step.who] : undefined;
    if (step.do !== "wait" && step.do !== "delete-lease") this.#lastFaultAt = this.clock.now();
    switch (step.do) {
      case "wait":
        return await this.elapse(step.ms);
      case "network":
        if (candidate !== undefined) candidate.network = step.network;
        break;
      case "latency":
        if (candidate !== undefined) candidate.latency = [step.there, step.back];
        break;
      case "start":
        return this.start(step.who);
      case "stop":
        candidate?.stop();
        this.current[step.who] = undefined;
        break;
      case "kill":
        candidate?.kill();
        this.current[step.who] = undefined;
        break;
      case "freeze":
        candidate?.freeze();
        break;
      case "thaw":
        candidate?.thaw();
        break;
      case "answer":
        this.api.answerNext(step.count, { code: step.code });
        break;
      case "delete-lease":
        // Whoever has not read the lease that is deleted takes it for one that never was. client-go
        // does so, too: deleting a lease that is held is not a safe thing to do.
        if (this.#isTroubled) break;
        this.api.store.remove(LEASES, "adapter", "flux-system");
        this.#strangersWaitUntil = this.clock.now() + 2 * DEFAULT_LEASE_TIMING.durationMs;
        break;
      case "label-lease": {
        const lease = this.api.store.get(LEASES, "adapter", "flux-system");
        if (lease !== undefined) this.api.store.put(LEASES, lease);
      }
    }
    await this.clock.advance(0);
    this.check();
  }

  get #isTroubled(): boolean {
    return this.clock.now() < this.#lastFaultAt + 2 * DEFAULT_LEASE_TIMING.durationMs ||
      this.current.some((candidate) =>
        candidate !== undefined && (candidate.network !== "up" || candidate.isFrozen ||
          candidate.latency.some((ms) => ms > 0))
      );
  }

  /** Ends all faults and lets every candidate run again. */
  heal(): void {
    this.api.clearAnswers();
    for (const candidate of this.current) {
      if (candidate === undefined) continue;
      candidate.network = "up";
      candidate.latency = [0, 0];
      candidate.thaw();
    }
  }

  async close(): Promise<void> {
    let open = true;
    const closed = Promise.all(this.everyone.map((candidate) => candidate.close()));
    closed.then(() => open = false);
    // How long it takes depends on what is still on its way, and on clocks that run slow.
    for (let minutes = 0; open && minutes < 10; minutes++) await this.clock.advance(60_000);
    assert(!open, "a candidate does not end");
    await closed;
    this.api.close();
  }
}

Deno.test("whatever happens, no two lead at the same time, and in the end one does", async () => {
  let led = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(skew, { minLength: 2, maxLength: 4 }),
      fc.array(step, { maxLength: 40, size: "max" }),
      fc.infiniteStream(fc.double({ min: 0, max: 0.999, noNaN: true })),
      async (skews, steps, randoms) => {
        const election = new Election(skews, () => randoms.next().value);
        try {
          for (const step of steps) {
            await election.play("who" in step ? { ...step, who: step.who % skews.length } : step);
          }
          election.heal();
          await election.elapse(45_000);
          for (const who of skews.keys()) election.start(who);
          await election.elapse(45_000);
          const acting = election.everyone.filter(({ acts }) => acts);
          assertEquals(acting.length, 1, "somebody leads again");
          // All of them agree on whom.
          for (const candidate of election.current) {
            assertEquals(candidate?.state?.holder, acting[0]?.identity);
          }
          led += election.everyone.reduce((sum, { terms }) => sum + terms, 0);
        } finally {
          await election.close();
        }
      },
    ),
    { numRuns: 200 },
  );
  assert(led > 200, `leadership changed hands, ${led} terms in all`);
});
