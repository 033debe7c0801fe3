import { type HookEvent, hookId } from "../routing/hooks.ts";
import type { RunPlan } from "../story/run_plan.ts";
import type { Hub } from "./hub.ts";
import type { HubRun } from "./hub_run.ts";
import type { StepStream } from "./step_stream.ts";

/** Runs whose hooks are remembered: longer than the runs themselves, which are forgotten when idle. */
const MAX_RUNS = 10_000;

/**
 * Tells the steps that ask for it when a step's stream is there for the first time, and when all
 * are. Each hook is told once in the life of its run: a reconnect is no news.
 */
export class LifecycleHooks {
  // By age of the last look.
  readonly #told = new Map<string, Set<string>>();

  constructor(readonly hub: Hub) {}

  /** A step has a stream. */
  attached(run: HubRun, stream: StepStream): void {
    this.#tell(run, stream, { name: "steprun.ready", step: stream.id });
    const { router } = this.hub.options;
    const isReady = router.awaited(run.plan)
      .every((id) => run.streams.get(id)?.session !== undefined);
    if (isReady) this.#tell(run, stream, { name: "storyrun.ready" });
  }

  #tell(run: HubRun, stream: StepStream, event: HookEvent): void {
    const { namespace, storyRun } = run.plan;
    const told = this.#of(run.plan);
    const id = hookId({ namespace, name: storyRun }, event);
    if (told.has(id)) return;
    const hook = this.hub.options.router.announce(run.plan, event);
    // As long as nobody got it, it was not told: another condition may hold the next time.
    if (hook === undefined) return;
    told.add(id);
    for (const route of hook.routes) {
      this.hub.stepOf(stream, route.step)?.routedFrom(stream.id);
      this.hub.detoursOf(stream).add(route, hook.packet, () => {});
    }
  }

  /** A run that is made anew under the same name has hooks of its own. */
  #of({ namespace, storyRun, uid }: RunPlan): Set<string> {
    const key = `${namespace}/${storyRun}/${uid}`;
    const told = this.#told.get(key) ?? new Set<string>();
    this.#told.delete(key);
    this.#told.set(key, told);
    for (const oldest of this.#told.keys()) {
      if (this.#told.size <= MAX_RUNS) break;
      this.#told.delete(oldest);
    }
    return told;
  }
}
