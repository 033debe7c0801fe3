import type { Checkpoints } from "../storage/checkpoints.ts";
import type { RunPlan } from "../story/run_plan.ts";
import { Estate } from "./estate.ts";
import { StepStream } from "./step_stream.ts";

/** One StoryRun as the hub carries it: its plan as last read, and the streams of its steps. */
export class HubRun {
  readonly streams = new Map<string, StepStream>();
  /** What hubs before this one have left of it. */
  readonly estate = new Estate();

  constructor(
    public plan: RunPlan,
    readonly epoch: string,
    /** What a hub before this one has kept of the run's steps. */
    readonly checkpoints?: Pick<Checkpoints, "take">,
  ) {}

  /**
   * The stream of a step, made when it is first needed: a packet may come before its consumer.
   *
   * @param mayMake asked before a new one is made
   */
  step(id: string, now: number, mayMake: () => boolean): StepStream | undefined {
    const known = this.streams.get(id);
    if (known !== undefined) return known;
    const plan = this.plan.steps.get(id) ?? this.plan.materializers.get(id);
    if (plan === undefined || !mayMake()) return undefined;
    const kept = this.checkpoints?.take({ run: this.plan, id });
    const stream = new StepStream(this.plan, plan, this.epoch, now, kept);
    this.streams.set(id, stream);
    return stream;
  }

  /** Whether connected steps have got everything that there is for them. */
  get isDrained(): boolean {
    return [...this.streams.values()].every(({ session, outbound, waiting, detours }) =>
      (session === undefined || outbound.queue.usage.messages === 0 && waiting.size === 0) &&
      (detours === undefined || detours.messages === 0)
    );
  }

  /** Since when no step is connected; `now` while one is. */
  idleSince(now: number): number {
    let latest = 0;
    for (const { session, idleSince } of this.streams.values()) {
      if (session !== undefined) return now;
      latest = Math.max(latest, idleSince);
    }
    return latest;
  }
}
