import type { JsonObject } from "../../contracts/transport/packet.ts";
import type { FanInPolicy } from "../../contracts/transport/policies.ts";

/** What became of an arrival at a step that needs several. */
export type Arrival =
  /** Enough are there: the step gets this packet, and may read what all of them put out. */
  | { readonly kind: "ready"; readonly outputs: ReadonlyMap<string, JsonObject> }
  | { readonly kind: "waiting"; readonly missing: number }
  /** The step had this join already; a later upstream of `any` or a quorum changes nothing. */
  | { readonly kind: "done" };

interface Join {
  readonly outputs: Map<string, JsonObject>;
  readonly expires: number;
  done: boolean;
}

/** Joins that ended without the step getting anything. */
export interface LostJoins {
  readonly expired: number;
  readonly evicted: number;
}

/**
 * Holds what arrived at the steps of a run that need several upstreams, by join id, until enough of
 * it is there. A join fires once; it is remembered until its time is over, so that what comes after
 * is not taken for a new one.
 */
export class FanIn {
  // By insertion, and so by age within one policy.
  readonly #joins = new Map<string, Join>();
  #expired = 0;
  #evicted = 0;

  get size(): number {
    return this.#joins.size;
  }

  /**
   * Notes that an upstream put something out.
   *
   * @param needs the upstreams that count
   * @param now milliseconds
   */
  arrive(
    step: string,
    joinId: string,
    upstream: string,
    outputs: JsonObject,
    needs: readonly string[],
    policy: FanInPolicy,
    now: number,
  ): Arrival {
    this.expire(now);
    const key = `${step}\0${joinId}`;
    const join = this.#joins.get(key) ?? this.#open(key, policy, now);
    if (join.done) return { kind: "done" };
    if (needs.includes(upstream)) join.outputs.set(upstream, outputs);
    const wanted = wantedOf(policy, needs.length);
    if (join.outputs.size < wanted) {
      return { kind: "waiting", missing: wanted - join.outputs.size };
    }
    join.done = true;
    return { kind: "ready", outputs: join.outputs };
  }

  /** Forgets the joins whose time is over. */
  expire(now: number): void {
    for (const [key, join] of this.#joins) {
      if (join.expires > now) continue;
      this.#joins.delete(key);
      if (!join.done) this.#expired++;
    }
  }

  /** What was lost since the last call. */
  takeLost(): LostJoins {
    const lost = { expired: this.#expired, evicted: this.#evicted };
    this.#expired = 0;
    this.#evicted = 0;
    return lost;
  }

  #open(key: string, policy: FanInPolicy, now: number): Join {
    while (this.#joins.size >= Math.max(policy.maxEntries, 1)) {
      const [oldest] = this.#joins;
      if (oldest === undefined) break;
      this.#joins.delete(oldest[0]);
      if (!oldest[1].done) this.#evicted++;
    }
    const join = { outputs: new Map(), expires: now + policy.timeout, done: false };
    this.#joins.set(key, join);
    return join;
  }
}

/** How many upstreams a step waits for; never more than it has. */
function wantedOf({ mode, quorum }: FanInPolicy, needs: number): number {
  if (mode === "any") return 1;
  return mode === "all" ? needs : Math.min(Math.max(quorum, 1), needs);
}
