import { type Clock, sleep, steadyClock } from "../contracts/clock.ts";
import type { KubeFetch } from "./client.ts";
import { asKubeError, KubeError } from "./errors.ts";
import { LeaseClient, type RequestLimit } from "./lease.ts";
import {
  claim,
  type Lease,
  nextMove,
  observe,
  type ObservedLease,
  vacancy,
} from "./lease_decision.ts";
import { QUICK_DENIALS } from "./retry_plan.ts";

/** The delays of an election, in milliseconds. */
export interface LeaseTiming {
  /** How long the others leave a holder alone after its last sign of life. */
  readonly durationMs: number;
  /**
   * How long a holder goes on without having renewed. The rest up to the duration is the margin for
   * clocks that do not run equally fast and for what is already under way.
   */
  readonly renewDeadlineMs: number;
  /** Between two renewals, and between two looks of a candidate. */
  readonly retryMs: number;
  /** Pause of a candidate after repeated 401, 403 and 404: somebody has to grant or make something. */
  readonly deniedRetryMs: number;
}

/** What client-go's leader election is run with in every controller. */
export const DEFAULT_LEASE_TIMING: LeaseTiming = {
  durationMs: 15_000,
  renewDeadlineMs: 10_000,
  retryMs: 2_000,
  deniedRetryMs: 10_000,
};

/** How an election stands, for readiness checks and logs. */
export interface ElectionState {
  readonly role: "candidate" | "leader" | "stopped";
  /** Who holds the lease as far as is known. */
  readonly holder?: string;
  /** How often the lease has changed hands. */
  readonly transitions?: number;
  /** Why the lease could not be read or written; absent after an attempt that got through. */
  readonly error?: KubeError;
  /** When the role began, in milliseconds since the Unix epoch. */
  readonly since: number;
}

/** The time for which one leads. */
export interface Term {
  /** Aborts when the lease is lost: from then on somebody else may lead. */
  readonly signal: AbortSignal;
  /**
   * Whether one may act as the leader at this moment. To be asked before each thing that only a
   * leader does: a process that was frozen hears of the lost lease only some time after it goes on.
   */
  isHeld(): boolean;
}

export interface ElectionOptions {
  readonly client: { readonly fetch: KubeFetch };
  readonly namespace: string;
  readonly name: string;
  /** Names this candidate, and no other process ever. */
  readonly identity: string;
  /**
   * The leader's work, once for each term. It ends soon after `term.signal` or the election's
   * signal; the lease is given back when it has ended, never before.
   */
  readonly lead: (term: Term) => Promise<void>;
  readonly onState?: (state: ElectionState) => void;
  /** Ends the election. */
  readonly signal: AbortSignal;
  readonly timing?: Partial<LeaseTiming>;
  /** Measures spans of time; must not be set back. */
  readonly clock?: Clock;
  /** Milliseconds since the Unix epoch. */
  readonly wallClock?: () => number;
  /** Gives numbers in [0, 1). */
  readonly random?: () => number;
}

/**
 * Takes part in the election of a leader by a Lease, as client-go does, until the signal aborts: a
 * candidate takes the lease when it is free, a leader renews it, and one that cannot renew stops to
 * lead before the others may take over. At most one leads at any time, as long as no clock runs
 * faster than another by half.
 *
 * @returns a promise that resolves when the lease has been given back; it rejects with what `lead`
 * or `onState` throws, and gives the lease back before
 */
export async function electLeader(options: ElectionOptions): Promise<void> {
  await new Election(options).run();
}

class Election {
  readonly #options: ElectionOptions;
  readonly #timing: LeaseTiming;
  readonly #lease: LeaseClient;
  readonly #clock: Clock;
  readonly #wallClock: () => number;
  readonly #random: () => number;
  #observed: ObservedLease | undefined;
  /** Until when the lease is ours without another renewal, on both clocks. */
  #heldUntil = -Infinity;
  #heldUntilWall = -Infinity;
  #state: ElectionState;
  /** How many of the last attempts in a row were denied. */
  #denials = 0;

  constructor(options: ElectionOptions) {
    const { client, namespace, name } = options;
    this.#options = options;
    this.#timing = { ...DEFAULT_LEASE_TIMING, ...options.timing };
    this.#clock = options.clock ?? steadyClock;
    this.#wallClock = options.wallClock ?? Date.now;
    this.#random = options.random ?? Math.random;
    this.#lease = new LeaseClient({ fetch: client.fetch, namespace, name, clock: this.#clock });
    this.#state = { role: "candidate", since: this.#wallClock() };
  }

  async run(): Promise<void> {
    const { signal } = this.#options;
    while (!signal.aborted) {
      const waitMs = await this.#attempt(signal);
      if (waitMs !== undefined) await sleep(this.#clock, waitMs, signal);
      else if (await this.#lead()) break;
    }
    this.#enter({ role: "stopped" });
  }

  /**
   * Tries once to take or to renew the lease.
   *
   * @returns undefined when it is ours; else milliseconds until it is worth another try
   */
  async #attempt(signal: AbortSignal): Promise<number | undefined> {
    const { retryMs, deniedRetryMs, renewDeadlineMs } = this.#timing;
    // Half of the deadline, so that one lost packet does not cost the lease.
    const endsAt = this.#clock.now() + renewDeadlineMs / 2;
    const limit = () => {
      signal.throwIfAborted();
      return { timeoutMs: Math.max(endsAt - this.#clock.now(), 0), signal };
    };
    try {
      // The holder writes without reading: the resourceVersion of its last write is the fence.
      if (this.#observed?.holder !== this.#options.identity) {
        this.#see(await this.#lease.read(limit()));
      }
      const waitMs = await this.#claim(limit);
      this.#denials = 0;
      return waitMs;
    } catch (thrown) {
      if (signal.aborted) return 0;
      const error = asKubeError(thrown, "unreachable", "the election");
      this.#enter({ error });
      this.#denials = DENIED.has(error.code) ? this.#denials + 1 : 0;
      return this.#pause(this.#denials > QUICK_DENIALS ? deniedRetryMs : retryMs);
    }
  }

  async #claim(limit: () => RequestLimit): Promise<number | undefined> {
    const { identity } = this.#options;
    const { durationMs, renewDeadlineMs } = this.#timing;
    // Twice, because a renewal whose answer was lost is a conflict with oneself.
    for (let round = 0; round < 2; round++) {
      const observed = this.#observed;
      const move = observed && nextMove(observed, identity, this.#clock.now());
      if (observed === undefined || move === "wait") break;
      // From before the request: the others count from when they see what it wrote.
      const [from, fromWall] = [this.#clock.now(), this.#wallClock()];
      const spec = claim(observed.lease, identity, fromWall, durationMs);
      try {
        this.#see(
          observed.lease === undefined
            ? await this.#lease.create(spec, limit())
            : await this.#lease.update(observed.lease, spec, limit()),
        );
        this.#heldUntil = from + renewDeadlineMs;
        this.#heldUntilWall = fromWall + renewDeadlineMs;
        return undefined;
      } catch (error) {
        if (!(error instanceof KubeError) || !isLostRace(error, observed.lease)) throw error;
        this.#see(await this.#lease.read(limit()));
      }
    }
    return this.#untilNextLook();
  }

  /** A look in time, or as soon as the holder's time is up, whichever is sooner. */
  #untilNextLook(): number {
    const { retryMs } = this.#timing;
    const untilFree = (this.#observed?.heldUntil ?? -Infinity) - this.#clock.now();
    return Math.min(
      this.#pause(retryMs),
      Math.max(untilFree, 0) + this.#random() * retryMs / 4,
    );
  }

  /** Up to a fifth more, so that candidates do not look all at once. */
  #pause(ms: number): number {
    return ms * (1 + this.#random() / 5);
  }

  /**
   * Leads until the lease is lost, the work has ended, or the election is over.
   *
   * @returns whether the work has ended by itself
   */
  async #lead(): Promise<boolean> {
    const { signal } = this.#options;
    const term = new AbortController();
    const over = AbortSignal.any([signal, term.signal]);
    const cancelDeadline = this.#watchDeadline(term);
    let isDone = false;
    const work = this.#work(term).finally(() => {
      isDone = !over.aborted;
      term.abort(lost("the work has ended"));
    });
    // It is awaited below; until then nobody else would hear of its failure.
    work.catch(() => {});
    try {
      this.#enter({ role: "leader" });
      await this.#renew(term, over);
      await work;
      return isDone;
    } finally {
      // Also when `onState` threw: the work has to end before the lease is anybody's.
      if (!signal.aborted) term.abort(lost("the election has failed"));
      await work.catch(() => {});
      cancelDeadline();
      await this.#release();
      this.#heldUntil = this.#heldUntilWall = -Infinity;
      this.#enter({ role: "candidate" });
    }
  }

  async #work(term: AbortController): Promise<void> {
    await this.#options.lead({
      signal: term.signal,
      isHeld: () => !term.signal.aborted && this.#isHeld(),
    });
  }

  #isHeld(): boolean {
    // Neither a clock that was set back nor a machine that slept lengthens the term.
    return this.#clock.now() < this.#heldUntil && this.#wallClock() < this.#heldUntilWall;
  }

  /** Aborts the term when the lease was not renewed in time. @returns what ends the watch */
  #watchDeadline(term: AbortController): () => void {
    let cancel = () => {};
    const arm = (left: number) => {
      cancel = this.#clock.after(left, () => {
        const left = this.#heldUntil - this.#clock.now();
        if (left > 0) arm(left);
        else term.abort(lost("it could not be renewed in time"));
      });
    };
    arm(this.#heldUntil - this.#clock.now());
    return () => cancel();
  }

  /** Renews until it is over; ends the term when somebody else has the lease. */
  async #renew(term: AbortController, over: AbortSignal): Promise<void> {
    const { retryMs } = this.#timing;
    while (!over.aborted) {
      await sleep(this.#clock, retryMs, over);
      if (over.aborted) return;
      await this.#attempt(over);
      const { holder } = this.#observed ?? {};
      if (!over.aborted && holder !== this.#options.identity) {
        term.abort(lost(holder === undefined ? "somebody vacated it" : `${holder} has it`));
      }
    }
  }

  /** Lets the next candidate start at once. What fails here ends by the lease's own time. */
  async #release(): Promise<void> {
    const { identity } = this.#options;
    const limit = { timeoutMs: RELEASE_TIMEOUT_MS, signal: new AbortController().signal };
    try {
      for (let round = 0; round < 2; round++) {
        const { lease, holder } = this.#observed ?? {};
        if (lease === undefined || holder !== identity) return;
        try {
          return this.#see(
            await this.#lease.update(lease, vacancy(lease, this.#wallClock()), limit),
          );
        } catch (error) {
          if (!(error instanceof KubeError) || error.code !== "conflict") throw error;
          this.#see(await this.#lease.read(limit));
        }
      }
    } catch (thrown) {
      this.#enter({ error: asKubeError(thrown, "unreachable", "the release of the lease") });
    }
  }

  #see(lease: Lease | undefined): void {
    this.#observed = observe(
      this.#observed,
      lease,
      this.#clock.now(),
      this.#timing.durationMs,
    );
    this.#enter({});
  }

  /** Reports what has changed. Without an error, the last request got through. */
  #enter({ role = this.#state.role, error }: { role?: ElectionState["role"]; error?: KubeError }) {
    const before = this.#state;
    const { lease, holder } = this.#observed ?? {};
    const transitions = lease?.spec?.leaseTransitions ?? undefined;
    this.#state = {
      role,
      since: role === before.role ? before.since : this.#wallClock(),
      ...(holder === undefined ? {} : { holder }),
      ...(transitions === undefined ? {} : { transitions }),
      ...(error === undefined ? {} : { error }),
    };
    const isNews = role !== before.role || holder !== before.holder || error !== before.error ||
      transitions !== before.transitions;
    if (isNews) this.#options.onState?.(this.#state);
  }
}

/** A release that takes longer is not worth waiting for: the lease expires by itself. */
const RELEASE_TIMEOUT_MS = 1_000;

const DENIED: ReadonlySet<string> = new Set(["unauthorized", "forbidden", "not-found"]);

/** Somebody else has written, created or deleted the lease since we read it. */
function isLostRace({ code }: KubeError, lease: Lease | undefined): boolean {
  return code === "conflict" || (code === "not-found" && lease !== undefined);
}

function lost(why: string): KubeError {
  return new KubeError("conflict", `the lease is lost: ${why}`);
}
