import { parseDuration } from "../../contracts/duration.ts";
import { METADATA } from "../../contracts/transport/names.ts";
import { type JsonObject, outputsOf, type Packet } from "../../contracts/transport/packet.ts";
import { needsOf } from "../../contracts/transport/story.ts";
import type { ExpressionEngine } from "../expression/engine.ts";
import { childStoryRun, succeeded } from "../primitives/child_story.ts";
import type { StoryStarter } from "../primitives/story_starter.ts";
import type { Packet as WirePacket } from "../proto/packet.ts";
import { type JsonObject as StructObject, jsonToStruct, structToJson } from "../proto/struct.ts";
import type { Route, Router } from "../server/router.ts";
import type { RunPlan } from "../story/run_plan.ts";
import { FanIn } from "./fan_in.ts";
import { StepHistory } from "./step_history.ts";
import type { StoryGraph } from "./story_graph.ts";
import { type RoutingAction, type SkipReason, StoryRouter } from "./story_router.ts";

export interface PacketRouterOptions {
  readonly engine: ExpressionEngine;
  /** Milliseconds; only differences count. */
  readonly now: () => number;
  /** Resolves after this many milliseconds. */
  readonly wait: (milliseconds: number) => Promise<void>;
  /** Starts the children of executeStory; without it that primitive fails. */
  readonly starter?: StoryStarter;
  /** Told of every step that follows a packet but does not get it. */
  readonly skipped?: (plan: RunPlan, step: string, reason: SkipReason) => void;
}

/** Runs whose joins and messages are remembered. */
const MAX_RUNS = 1_000;

/** How long a packet waits for a child story when its step says nothing. */
const CHILD_TIMEOUT = 30 * 60_000;

interface RunState {
  readonly fanIn: FanIn;
  readonly history: StepHistory;
}

interface PlanState {
  readonly router: StoryRouter;
  /** Steps whose outputs are read further on than by those that need them. */
  readonly remembered: ReadonlySet<string>;
  readonly fixed: Map<string, readonly Route[]>;
}

/**
 * Applies a Story to the packets of the hub: conditions, primitives, joins, rules and inputs. A
 * source whose packets all go the same way pays one look into a map.
 */
export class PacketRouter implements Router {
  readonly #plans = new WeakMap<RunPlan, PlanState>();
  // By age of the last look, so that the run that is dropped is the one that is over.
  readonly #runs = new Map<string, RunState>();

  constructor(readonly options: PacketRouterOptions) {}

  route(
    plan: RunPlan,
    source: string,
    packet: WirePacket,
  ): readonly Route[] | Promise<readonly Route[]> {
    const state = this.#planOf(plan);
    const { router, remembered } = state;
    const actions = router.fixed(source);
    if (actions !== undefined && !remembered.has(source)) {
      let routes = state.fixed.get(source);
      if (routes === undefined) state.fixed.set(source, routes = this.#routes(plan, actions));
      return routes;
    }
    const view = viewOf(packet);
    const { fanIn, history } = this.#runOf(plan);
    const now = this.options.now();
    const messageId = view.metadata[METADATA.messageId] ?? "";
    if (remembered.has(source)) {
      history.note(messageId, source, outputsOf(view) ?? {}, packet.size, now);
    }
    const known = history.of(messageId);
    const found = router.route(source, view, {
      fanIn,
      now,
      ...(known === undefined ? {} : { history: known }),
    });
    const waits = found.some((action) =>
      action.kind === "start" || (action.kind === "send" && action.delay > 0)
    );
    return waits ? this.#applied(plan, found, messageId) : this.#routes(plan, found);
  }

  #routes(plan: RunPlan, actions: readonly RoutingAction[], failed = new Map<string, Error>()) {
    const routes: Route[] = [];
    for (const action of actions) {
      if (action.kind === "skip") this.options.skipped?.(plan, action.step, action.reason);
      else if (action.kind === "fail") routes.push({ step: action.step, error: action.error });
      else {
        const cause = [...action.after, action.step].map((step) => failed.get(step))
          .find((error) => error !== undefined);
        if (cause !== undefined) routes.push({ step: action.step, error: cause });
        else if (action.kind === "send") routes.push(routeOf(action));
      }
    }
    return routes;
  }

  /** Sleeps and starts children, then says where the packet goes; whoever slept longest decides. */
  async #applied(
    plan: RunPlan,
    actions: readonly RoutingAction[],
    messageId: string,
  ): Promise<readonly Route[]> {
    const { wait } = this.options;
    const failed = new Map<string, Error>();
    let slept = 0;
    for (const action of actions) {
      if (action.kind !== "start" && action.kind !== "send") continue;
      if (action.delay > slept) await wait(action.delay - slept);
      slept = Math.max(slept, action.delay);
      if (action.kind !== "start" || action.after.some((step) => failed.has(step))) continue;
      try {
        await this.#start(plan, action, messageId);
      } catch (error) {
        failed.set(action.step, error as Error);
      }
    }
    return this.#routes(plan, actions, failed);
  }

  async #start(
    plan: RunPlan,
    { step, child }: Extract<RoutingAction, { kind: "start" }>,
    messageId: string,
  ): Promise<void> {
    const { starter, now } = this.options;
    if (starter === undefined) throw new Error(`executeStory ${step}: nothing here starts stories`);
    const parent = { name: plan.storyRun, namespace: plan.namespace, uid: plan.uid };
    const token = messageId === "" ? String(Math.trunc(now())) : messageId;
    const run = childStoryRun(parent, step, child, token);
    await starter.start(run);
    if (!child.wait) return;
    const { execution } = plan.steps.get(step)?.step ?? {};
    const text = execution?.timeout ?? plan.story.spec.policy?.timeouts?.step;
    const timeout = (text === undefined ? undefined : parseDuration(text)) ?? CHILD_TIMEOUT;
    const signal = AbortSignal.timeout(timeout);
    const phase = await starter.finished(plan.namespace, run.metadata.name, signal);
    if (!succeeded(phase)) {
      throw new Error(`executeStory ${step}: ${run.metadata.name} ended as ${phase}`);
    }
  }

  #planOf(plan: RunPlan): PlanState {
    const known = this.#plans.get(plan);
    if (known !== undefined) return known;
    const graph: StoryGraph = [...plan.steps.values()]
      .map((step) => ({ ...step, needs: needsOf(step.step, plan.story.spec.steps) }));
    const { engine } = this.options;
    const remembered = new Set(
      graph.flatMap(({ step, needs }) =>
        [...engine.stepsRead([step.if, step.runtime, step.with])]
          .filter((read) => !needs.includes(read))
      ),
    );
    const router = new StoryRouter(graph, engine, plan.inputs);
    const state = { router, remembered, fixed: new Map() };
    this.#plans.set(plan, state);
    return state;
  }

  #runOf({ namespace, storyRun }: RunPlan): RunState {
    const key = `${namespace}/${storyRun}`;
    const state = this.#runs.get(key) ?? { fanIn: new FanIn(), history: new StepHistory() };
    this.#runs.delete(key);
    this.#runs.set(key, state);
    for (const oldest of this.#runs.keys()) {
      if (this.#runs.size <= MAX_RUNS) break;
      this.#runs.delete(oldest);
    }
    return state;
  }
}

function routeOf({ step, inputs }: Extract<RoutingAction, { kind: "send" }>): Route {
  if (inputs === undefined) return { step };
  try {
    return { step, replacement: { inputs: jsonToStruct(inputs as StructObject) } };
  } catch (error) {
    return { step, error: error as Error };
  }
}

/** What expressions see of a packet; its media stay where they are. */
function viewOf(packet: WirePacket): Packet {
  const { metadata = {}, payload, inputs } = packet.decoded();
  return {
    metadata,
    ...(payload === undefined ? {} : { payload: structToJson(payload) as JsonObject }),
    ...(inputs === undefined ? {} : { inputs: structToJson(inputs) as JsonObject }),
  };
}
