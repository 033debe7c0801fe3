import type { DropReason } from "../buffer/drop.ts";

/** `spec.concurrency.mode` of a Story. */
export type ConcurrencyMode = "parallel" | "serial" | "cancelPrevious";

/** One packet's way through the hub, for as long as something of it waits. */
export interface Cycle {
  /** Resolves when the cycle may begin; undefined: at once. */
  readonly turn: Promise<void> | undefined;
  /** Aborted when nobody wants its end any more; its reason is a {@linkcode Cancelled}. */
  readonly signal: AbortSignal;
}

/** Why a cycle ended before its time. */
export class Cancelled extends Error {
  override readonly name = "Cancelled";

  constructor(readonly reason: DropReason) {
    super(`cancelled: ${reason}`);
  }
}

interface Active extends Cycle {
  readonly controller: AbortController;
  readonly over: Promise<void>;
  end(): void;
}

/**
 * What is under way of the packets of a run, by source (and participant): a packet that comes while
 * one of the same key is under way goes beside it (`parallel`), after it (`serial`) or in its place
 * (`cancelPrevious`).
 */
export class Cycles {
  readonly #latest = new Map<string, Active>();
  readonly #active = new Set<Active>();

  constructor(readonly mode: ConcurrencyMode) {}

  get size(): number {
    return this.#active.size;
  }

  /** Whether a packet of this key has to wait for the one before it. */
  mustWait(key: string): boolean {
    return this.mode === "serial" && this.#latest.has(key);
  }

  /** A packet of this key is here: under `cancelPrevious` the one before it is given up. */
  supersede(key: string): void {
    if (this.mode === "cancelPrevious") {
      this.#latest.get(key)?.controller.abort(new Cancelled("cancelled"));
    }
  }

  /** Begins a cycle, which lasts until the promise that {@linkcode Cycles.last} is given resolves. */
  begin(key: string): Cycle {
    const before = this.mode === "serial" ? this.#latest.get(key) : undefined;
    const controller = new AbortController();
    const { promise, resolve } = Promise.withResolvers<void>();
    const cycle: Active = {
      turn: before?.over,
      signal: controller.signal,
      controller,
      over: promise,
      end: resolve,
    };
    this.#active.add(cycle);
    if (this.mode !== "parallel") this.#latest.set(key, cycle);
    return cycle;
  }

  /** The cycle is over with this promise, which must not reject. */
  last(key: string, cycle: Cycle, until: Promise<unknown>): void {
    const active = cycle as Active;
    void until.then(() => {
      this.#active.delete(active);
      if (this.#latest.get(key) === active) this.#latest.delete(key);
      active.end();
    });
  }

  /** Gives up everything that is under way. */
  cancel(reason: DropReason): void {
    for (const { controller } of this.#active) controller.abort(new Cancelled(reason));
  }
}
