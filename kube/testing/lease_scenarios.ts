import { assert, assertEquals, assertRejects } from "@std/assert";
import { systemClock } from "../../contracts/clock.ts";
import type { KubeFetch } from "../client.ts";
import { KubeError } from "../errors.ts";
import { LeaseClient } from "../lease.ts";
import { claim, vacancy } from "../lease_decision.ts";
import { type ElectionState, electLeader, type LeaseTiming, type Term } from "../lease_election.ts";

/** An API server with a namespace in which there is no lease yet. */
export interface LeaseServer {
  readonly fetch: KubeFetch;
  readonly namespace: string;
}

/** What leases have to do on every API server, real or not. Takes seconds of real time. */
export interface LeaseScenario {
  readonly name: string;
  readonly run: (server: LeaseServer) => Promise<void>;
}

const DEADLINE_MS = 30_000;
const TIMING: Partial<LeaseTiming> = { durationMs: 3_000, renewDeadlineMs: 2_000, retryMs: 200 };

/** One that takes part, and whose network can be cut. */
class Participant {
  readonly states: ElectionState[] = [];
  isCut = false;
  term: Term | undefined;
  readonly #stop = new AbortController();
  readonly #ended: Promise<void>;

  constructor({ fetch, namespace }: LeaseServer, identity: string) {
    this.#ended = electLeader({
      client: {
        fetch: (path, init) =>
          this.isCut ? Promise.reject(new TypeError("network is unreachable")) : fetch(path, init),
      },
      namespace,
      name: "adapter",
      identity,
      timing: TIMING,
      lead: async (term) => {
        this.term = term;
        const over = AbortSignal.any([term.signal, this.#stop.signal]);
        if (!over.aborted) await new Promise((resolve) => over.addEventListener("abort", resolve));
        this.term = undefined;
      },
      onState: (state) => this.states.push(state),
      signal: this.#stop.signal,
    });
  }

  get leads(): boolean {
    return this.term?.isHeld() === true;
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#ended;
  }
}

/** The scenarios. Each wants a namespace without a lease. */
export const leaseScenarios: readonly LeaseScenario[] = [
  {
    name: "a lease is made once, and written only over the version that was read",
    async run({ fetch, namespace }) {
      const lease = new LeaseClient({ fetch, namespace, name: "adapter", clock: systemClock });
      const limit = { timeoutMs: DEADLINE_MS, signal: new AbortController().signal };
      assertEquals(await lease.read(limit), undefined);
      const made = await lease.create(claim(undefined, "a", Date.now(), 15_000), limit);
      const codeOf = async (write: Promise<unknown>) =>
        (await assertRejects(() => write, KubeError) as KubeError).code;
      assertEquals(
        await codeOf(lease.create(claim(undefined, "b", Date.now(), 1_000), limit)),
        "conflict",
      );
      const renewed = await lease.update(made, claim(made, "a", Date.now(), 15_000), limit);
      assertEquals(renewed.spec?.acquireTime, made.spec?.acquireTime);
      assertEquals(await codeOf(lease.update(made, made.spec ?? {}, limit)), "conflict");
      const vacant = await lease.update(renewed, vacancy(renewed, Date.now()), limit);
      assert(!vacant.spec?.holderIdentity);
      const taken = await lease.update(vacant, claim(vacant, "b", Date.now(), 15_000), limit);
      assertEquals([taken.spec?.holderIdentity, taken.spec?.leaseTransitions], ["b", 1]);
      assertEquals(
        (await lease.read(limit))?.metadata.resourceVersion,
        taken.metadata.resourceVersion,
      );
    },
  },
  {
    name: "of three one leads; when it stops, is cut off and comes back, never two do",
    async run(server) {
      const all = ["a", "b", "c"].map((identity) => new Participant(server, identity));
      const leaders = () => all.filter(({ leads }) => leads);
      let most = 0;
      const observer = setInterval(() => most = Math.max(most, leaders().length), 10);
      try {
        for (const round of ["stop", "cut"] as const) {
          await until(() => leaders().length === 1, "somebody leads");
          const [leader] = leaders();
          assert(leader !== undefined);
          if (round === "stop") await leader.stop();
          else leader.isCut = true;
          await until(() => leaders().some((other) => other !== leader), "another one leads");
          leader.isCut = false;
        }
        await until(
          () => all.filter(({ states }) => states.at(-1)?.holder !== undefined).length >= 2,
          "they know who leads",
        );
        assertEquals(most, 1);
      } finally {
        clearInterval(observer);
        await Promise.all(all.map((participant) => participant.stop()));
      }
    },
  },
];

async function until(condition: () => boolean, what: string): Promise<void> {
  const giveUpAt = Date.now() + DEADLINE_MS;
  while (!condition()) {
    if (Date.now() > giveUpAt) throw new Error(`waited in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
