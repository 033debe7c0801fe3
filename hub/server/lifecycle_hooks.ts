import { type HookEvent, hookId } from "../routing/hooks.ts";
import { HookMemory } from "../storage/hook_memory.ts";
import type { Hub } from "./hub.ts";
import type { HubRun } from "./hub_run.ts";
import type { StepStream } from "./step_stream.ts";

/**
 * Tells the steps that ask for it when a step's stream is there for the first time, and when all
 * are. Each hook is told once in the life of its run: a reconnect is no news.
 */
export class LifecycleHooks {
  readonly #inMemory = new HookMemory();

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
    const told = this.hub.options.hooks ?? this.#inMemory;
    const id = hookId({ namespace, name: storyRun }, event);
    if (told.has(run.plan, id)) return;
    const hook = this.hub.options.router.announce(run.plan, event);
    // As long as nobody got it, it was not told: another condition may hold the next time.
    if (hook === undefined) return;
    told.add(run.plan, id);
    for (const route of hook.routes) {
      this.hub.stepOf(stream, route.step)?.routedFrom(stream.id);
      this.hub.detoursOf(stream).add(route, hook.packet, () => {});
    }
  }
}
