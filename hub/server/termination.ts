import { TERMINAL_PHASES } from "../../contracts/transport/runs.ts";
import type { RunConditions } from "../primitives/run_conditions.ts";
import type { Hub } from "./hub.ts";
import type { HubRun } from "./hub_run.ts";

/** What a hub needs to tell that the streams of a run are gone. */
export interface TerminationOptions {
  readonly conditions: RunConditions;
  /** Milliseconds without any stream after which a run counts as terminated. */
  readonly grace: number;
}

const REASON = "TopologyTerminated";

/**
 * Notices that all streams of a run are gone, and that they are back. Only a run that had a stream
 * with this hub can lose it, and only for longer than the grace: neither a hub that restarts nor
 * connectors that do end a run, which would have its compensations started.
 */
export class Termination {
  // Absent until the first stream: a hub before this one may have said that the run is terminated.
  readonly #health = new WeakMap<HubRun, "connected" | "terminated">();

  constructor(readonly hub: Hub) {}

  get options(): TerminationOptions | undefined {
    return this.hub.options.termination;
  }

  /** A step of the run has a stream. */
  attached(run: HubRun): void {
    if (this.options === undefined || this.#health.get(run) === "connected") return;
    this.#health.set(run, "connected");
    this.options.conditions.recover(run.plan, REASON, "streams are connected");
  }

  /** @param idleSince since when the run has no stream, in milliseconds */
  look(run: HubRun, idleSince: number, now: number): void {
    if (this.options === undefined || this.#health.get(run) !== "connected") return;
    if (now - idleSince < this.options.grace) return;
    this.#health.set(run, "terminated");
    void this.#tell(run);
  }

  /** The run may have ended as it should, and its streams with it. */
  async #tell(run: HubRun): Promise<void> {
    const { namespace, storyRun } = run.plan;
    const { directory, logger } = this.hub.options;
    try {
      const found = await directory.find(namespace, storyRun);
      const phase = found?.storyRun.status?.phase ?? "";
      if (found === undefined || TERMINAL_PHASES.has(phase)) return;
    } catch (error) {
      // Better told once too often: whoever writes the condition sees the run as it is.
      logger("WARN", "cannot look up a run without streams", {
        storyRun: `${namespace}/${storyRun}`,
        err: error,
      });
    }
    if (this.#health.get(run) !== "terminated") return;
    this.options?.conditions.degrade(
      { namespace, storyRun },
      REASON,
      "streaming topology terminated: all streaming steps disconnected",
    );
  }
}
