import type { Logger } from "../../contracts/logger.ts";
import type { Hub } from "../server/hub.ts";
import { Code } from "../server/refusal.ts";

export interface RunReleasesOptions {
  readonly hub: Hub;
  readonly logger: Logger;
  /** Milliseconds that a run may take to deliver what it has. */
  readonly drain: number;
}

interface Release {
  readonly deadline: number;
  /** Where the run goes on; undefined when nobody knows yet. */
  owner: string | undefined;
}

/**
 * Hands runs over to other hubs: producers are held, what is on its way is delivered and
 * acknowledged, then every stream ends with the word where to go. What cannot be delivered in time
 * is not acknowledged, so that connectors bring it to the next hub.
 */
export class RunReleases {
  readonly #options: RunReleasesOptions;
  readonly #releases = new Map<string, Release>();

  constructor(options: RunReleasesOptions) {
    this.#options = options;
  }

  /** Runs that are being handed over. */
  get size(): number {
    return this.#releases.size;
  }

  /**
   * Begins with one run; it ends in {@linkcode tick}.
   *
   * @param key `namespace/name`
   */
  release(key: string, owner: string | undefined): void {
    const { hub, drain } = this.#options;
    const under = this.#releases.get(key);
    if (under !== undefined) {
      under.owner = owner ?? under.owner;
      return;
    }
    const run = hub.runs.get(key);
    if (run === undefined) return;
    this.#releases.set(key, { deadline: hub.now() + drain, owner });
    for (const { session } of run.streams.values()) session?.hold();
  }

  /** Begins with every run there is; nobody knows yet where they go. */
  releaseAll(): void {
    for (const key of this.#options.hub.runs.keys()) this.release(key, undefined);
  }

  /** Ends what is delivered, or due; call it a few times a second. */
  tick(): void {
    const { hub, logger } = this.#options;
    const now = hub.now();
    for (const [key, { deadline, owner }] of this.#releases) {
      const run = hub.runs.get(key);
      const isDrained = run?.isDrained ?? true;
      if (!isDrained && now < deadline) continue;
      this.#releases.delete(key);
      if (run === undefined) continue;
      const detail = owner === undefined
        ? "the hub is shutting down"
        : `StoryRun ${key} is carried by ${owner}`;
      for (const { session } of run.streams.values()) {
        // The last acknowledgements do not wait for their time.
        session?.acknowledge(Infinity);
        session?.end(Code.unavailable, detail, owner);
      }
      // A hub that ends holds what nobody came for until all of it is written down. What is kept on
      // disk of a run that goes on elsewhere would come back with it, a second time.
      if (owner !== undefined) {
        hub.end(key, Code.unavailable, detail, isDrained ? "evicted" : "timeout");
      }
      logger("INFO", "run handed over", { storyRun: key, owner, delivered: isDrained });
    }
  }
}
