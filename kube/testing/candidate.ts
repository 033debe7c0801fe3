import type { Clock } from "../../contracts/clock.ts";
import type { KubeFetch } from "../client.ts";
import {
  type ElectionOptions,
  type ElectionState,
  electLeader,
  type Term,
} from "../lease_election.ts";

/** How a candidate's machine differs from the one that has the time. */
export interface Skew {
  /** Added to its time of day, in milliseconds. */
  readonly offset: number;
  /** How fast its clocks run; 1 is right. */
  readonly rate: number;
}

/** One process that takes part in an election, on a machine and a network that misbehave. */
export class Candidate implements Clock {
  readonly identity: string;
  readonly states: ElectionState[] = [];
  /** Requests are refused at once, or swallowed with or without having had an effect. */
  network: "up" | "cut" | "void" | "one-way" = "up";
  /** How long a request is under way before it is served, and its answer after, in milliseconds. */
  latency = [0, 0];
  /** It has been elected and its work has not ended. */
  term: Term | undefined;
  terms = 0;
  readonly #world: Clock;
  readonly #skew: Skew;
  readonly #fetch: KubeFetch;
  readonly #stop = new AbortController();
  readonly #killed = new AbortController();
  #frozen: (() => void)[] | undefined;
  #isDead = false;
  readonly ended: Promise<void>;

  constructor(
    identity: string,
    world: Clock,
    fetch: KubeFetch,
    options: { skew?: Skew } & Partial<ElectionOptions> = {},
  ) {
    this.identity = identity;
    this.#world = world;
    this.#fetch = fetch;
    const { skew = { offset: 0, rate: 1 }, ...more } = options;
    this.#skew = skew;
    this.ended = electLeader({
      client: { fetch: this.#send },
      namespace: "flux-system",
      name: "adapter",
      identity,
      lead: (term) => this.#lead(term),
      onState: (state) => this.states.push(state),
      signal: this.#stop.signal,
      clock: this,
      wallClock: () => this.now() + skew.offset,
      random: () => 0.5,
      ...more,
    });
  }

  get state(): ElectionState | undefined {
    return this.states.at(-1);
  }

  /** Whether it would do what only a leader does, if it did something now. */
  get acts(): boolean {
    return !this.#isDead && this.#frozen === undefined && this.term?.isHeld() === true;
  }

  get isFrozen(): boolean {
    return this.#frozen !== undefined;
  }

  now(): number {
    return this.#world.now() * this.#skew.rate;
  }

  after(ms: number, callback: () => void): () => void {
    return this.#world.after(ms / this.#skew.rate, () => this.#run(callback));
  }

  /** Ends it in good order. */
  stop(): void {
    this.#stop.abort();
  }

  /** Ends it as SIGKILL does. */
  kill(): void {
    this.#isDead = true;
    this.#killed.abort(new Error("killed"));
  }

  /** Stops everything in it, as SIGSTOP does; the time goes on. */
  freeze(): void {
    this.#frozen ??= [];
  }

  thaw(): void {
    const waiting = this.#frozen ?? [];
    this.#frozen = undefined;
    for (const callback of waiting) callback();
  }

  /** Lets what is left of it end, for a test that is over. What was killed has nothing left. */
  async close(): Promise<void> {
    if (this.#isDead) return;
    this.thaw();
    this.network = "cut";
    this.#killed.abort(new Error("closed"));
    this.stop();
    await this.ended;
  }

  #run(callback: () => void): void {
    if (this.#isDead) return;
    if (this.#frozen !== undefined) this.#frozen.push(callback);
    else callback();
  }

  async #lead(term: Term): Promise<void> {
    this.term = term;
    this.terms++;
    const over = AbortSignal.any([term.signal, this.#stop.signal]);
    if (!over.aborted) {
      await new Promise((resolve) => over.addEventListener("abort", resolve, { once: true }));
    }
    this.term = undefined;
  }

  readonly #send: KubeFetch = (path, init) =>
    new Promise((resolve, reject) => {
      const signal = init?.signal;
      if (signal?.aborted) return reject(signal.reason);
      const fail = (reason: unknown) => this.#run(() => reject(reason));
      signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
      this.#killed.signal.addEventListener("abort", () => fail(this.#killed.signal.reason));
      const [there = 0, back = 0] = this.latency;
      const { network } = this;
      if (network === "cut") return fail(new TypeError("connection refused"));
      if (network === "void" || this.#isDead) return;
      const serve = async () => {
        // Without the signal: what is under way has its effect, whoever has given it up.
        const { signal: _, ...rest } = init ?? {};
        const response = await this.#fetch(path, rest);
        if (network === "one-way") return;
        this.#after(back, () => this.#run(() => resolve(response)));
      };
      this.#after(there, serve);
    });

  #after(ms: number, callback: () => void): void {
    if (ms === 0) callback();
    else this.#world.after(ms, callback);
  }
}
