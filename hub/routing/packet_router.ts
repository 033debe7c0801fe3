import { METADATA, PARTICIPANT_KEYS } from "../../contracts/transport/names.ts";
import { type JsonObject, outputsOf, type Packet } from "../../contracts/transport/packet.ts";
import type { ExpressionEngine } from "../expression/engine.ts";
import type { DropReason } from "../buffer/drop.ts";
import { materialized, materializerId } from "../primitives/materializer.ts";
import { encode } from "../proto/codec.ts";
import { DataPacket } from "../proto/messages.ts";
import { Packet as WirePacket } from "../proto/packet.ts";
import { type JsonObject as StructObject, jsonToStruct, structToJson } from "../proto/struct.ts";
import { SchemaChecks } from "../schema/schema_checks.ts";
import type { Announcement, Outcome, Route, Router } from "../server/router.ts";
import type { RunPlan } from "../story/run_plan.ts";
import { Cycles } from "./cycles.ts";
import { type ErrandOptions, Errands, type Gates } from "./errands.ts";
import { FanIn, type LostJoins } from "./fan_in.ts";
import { awaitedSteps, hookConsumers, type HookEvent, hookPacket } from "./hooks.ts";
import { StepHistory } from "./step_history.ts";
import { runGraph, type StoryGraph } from "./story_graph.ts";
import { type RoutingAction, type SkipReason, StoryRouter } from "./story_router.ts";

export interface PacketRouterOptions extends Omit<ErrandOptions, "unixNow"> {
  readonly engine: ExpressionEngine;
  /** Milliseconds; only differences count. */
  readonly now: () => number;
  /** Told of every step that follows a packet but does not get it. */
  readonly skipped?: (plan: RunPlan, step: string, reason: SkipReason) => void;
  /** Told of joins that ended without their step getting anything. */
  readonly joinsLost?: (lost: LostJoins) => void;
}

/** Runs whose joins and messages are remembered. */
const MAX_RUNS = 1_000;

interface RunState {
  readonly fanIn: FanIn;
  readonly history: StepHistory;
  readonly cycles: Cycles;
}

interface PlanState {
  readonly graph: StoryGraph;
  readonly router: StoryRouter;
  readonly awaited: readonly string[];
  /** Steps whose outputs are read further on than by those that need them. */
  readonly remembered: ReadonlySet<string>;
  /** By source; undefined where packets have to be looked into. */
  readonly fixed: Map<string, readonly Route[] | undefined>;
}

/**
 * Applies a Story to the packets of the hub: conditions, primitives, joins, rules and inputs. A
 * source whose packets all go the same way pays one look into a map.
 */
export class PacketRouter implements Router {
  readonly #plans = new WeakMap<RunPlan, PlanState>();
  // By age of the last look, so that the run that is dropped is the one that is over.
  readonly #runs = new Map<string, RunState>();

  readonly #errands: Errands;
  readonly #checks = new SchemaChecks();

  constructor(readonly options: PacketRouterOptions) {
    this.#errands = new Errands({ ...options, unixNow: options.engine.options.now });
  }

  route(plan: RunPlan, source: string, packet: WirePacket): readonly Route[] {
    const state = this.#planOf(plan);
    const { router, remembered } = state;
    // An answer of a step that the hub added goes to the step that it was asked for.
    const asked = plan.materializers.get(source)?.materializes;
    const fixed = asked === undefined ? this.#fixed(plan, state, source) : undefined;
    if (fixed !== undefined) return fixed;
    const view = viewOf(packet);
    const outputs = outputsOf(view);
    const { outputSchema } = plan.steps.get(source) ?? {};
    if (outputSchema !== undefined && outputs !== undefined) {
      this.#checks.check(outputSchema, outputs, `outputs of step "${source}"`);
    }
    const { fanIn, history, cycles } = this.#runOf(plan);
    const now = this.options.now();
    const messageId = view.metadata[METADATA.messageId] ?? "";
    // A step may answer under a message id of its own; what it joins by says what it belongs to.
    const joinKey = view.metadata[METADATA.joinKey] ?? "";
    const correlations = [joinKey === "" ? "" : `join:${joinKey}`, messageId];
    if (remembered.has(source)) {
      for (const id of correlations) history.note(id, source, outputs ?? {}, packet.size, now);
    }
    const known = history.of(...correlations);
    const found = asked === undefined
      ? router.route(source, view, {
        fanIn,
        now,
        ...(known === undefined ? {} : { history: known }),
      })
      : [{ kind: "send", step: asked, inputs: materialized(view.inputs), ...HERE } as const];
    if (fanIn.size > 0) this.options.joinsLost?.(fanIn.takeLost());
    const key = cycleKey(plan, source, view);
    cycles.supersede(key);
    const takesTime = (action: RoutingAction) => isErrand(plan, action);
    // The schemas are about what a packet says; media alone say nothing.
    const outcome = (action: Sent) => this.#outcomeOf(plan, action, outputs !== undefined);
    const waits = found.some(takesTime) || found.some(isSent) && cycles.mustWait(key);
    if (!waits) {
      return this.#routes(plan, found, outcome, () => undefined);
    }
    const cycle = cycles.begin(key);
    const gates: Gates = new Map();
    const job = { upstream: source, metadata: view.metadata, outputs: outputs ?? {} };
    const routes = this.#routes(plan, found, outcome, (action) => {
      if (action.kind === "start") {
        const gate = this.#errands.start(plan, action, gates, cycle, messageId);
        gates.set(action.step, gate);
        return gate;
      }
      if (action.kind === "materialize") {
        return this.#errands.materialize(plan, action, gates, cycle);
      }
      if (plan.steps.get(action.step)?.isBatch) {
        return this.#errands.job(plan, action, gates, cycle, job);
      }
      if (!takesTime(action) && cycle.turn === undefined) return undefined;
      return this.#errands.reach(action, gates, cycle).then((lost) => lost ?? outcome(action));
    });
    const ends = routes.map((route) => "later" in route ? route.later : undefined);
    cycles.last(key, cycle, Promise.all([cycle.turn, ...ends]));
    return routes;
  }

  announce(plan: RunPlan, event: HookEvent): Announcement | undefined {
    const { graph, router } = this.#planOf(plan);
    const at = new Date(this.options.engine.options.now());
    const run = { namespace: plan.namespace, name: plan.storyRun };
    const { metadata, payload = {} } = hookPacket(run, event, at);
    const actions = hookConsumers(graph, event)
      .flatMap((step) => router.receive(step, { metadata: {}, payload }) ?? []);
    if (actions.length === 0) return undefined;
    const bytes = encode(DataPacket, { metadata, payload: jsonToStruct(payload as StructObject) });
    return {
      packet: WirePacket.read(bytes),
      routes: this.#routes(
        plan,
        actions,
        (action) => this.#outcomeOf(plan, action, true),
        () => undefined,
      ),
    };
  }

  awaited(plan: RunPlan): readonly string[] {
    return this.#planOf(plan).awaited;
  }

  forget(plan: RunPlan, reason: DropReason): void {
    const key = runKey(plan);
    this.#runs.get(key)?.cycles.cancel(reason);
    this.#runs.delete(key);
  }

  /** The routes of a source whose packets nobody has to look into. */
  #fixed(plan: RunPlan, state: PlanState, source: string): readonly Route[] | undefined {
    const known = state.fixed.get(source);
    if (known === undefined && !state.fixed.has(source)) {
      const actions = state.router.fixed(source);
      const plain = actions !== undefined && !state.remembered.has(source) &&
        plan.steps.get(source)?.outputSchema === undefined && !actions.some((action) =>
          isErrand(plan, action) || action.kind === "send" && action.inputs !== undefined &&
            plan.steps.get(action.step)?.inputSchema !== undefined
        );
      const outcome = (action: Sent) =>
        this.#outcomeOf(plan, action, false);
      state.fixed.set(
        source,
        plain ? this.#routes(plan, actions, outcome, () => undefined) : undefined,
      );
    }
    return known ?? state.fixed.get(source);
  }

  /**
   * @param outcome what a step gets that the packet has come to
   * @param later what an action has to wait for; undefined when it need not
   */
  #routes(
    plan: RunPlan,
    actions: readonly RoutingAction[],
    outcome: (action: Sent) => Outcome,
    later: (action: Sent) => Promise<Outcome> | undefined,
  ): Route[] {
    const routes: Route[] = [];
    for (const action of actions) {
      const step = action.kind === "materialize" ? materializerId(action.step) : action.step;
      if (action.kind === "skip") this.options.skipped?.(plan, step, action.reason);
      else if (action.kind === "fail") routes.push({ step, error: action.error });
      else {
        const promise = later(action);
        if (promise === undefined) routes.push(routeOf(step, outcome(action)));
        else routes.push({ step, later: promise });
      }
    }
    return routes;
  }

  /**
   * A packet that has come to its step, with the inputs that the step's block makes of it.
   *
   * @param checked whether the inputs are held to the schema of the step's engram
   */
  #outcomeOf(plan: RunPlan, action: Sent, checked: boolean): Outcome {
    if (action.kind !== "send") return { kind: "done" };
    if (action.inputs === undefined) return { kind: "send" };
    const { inputSchema } = plan.steps.get(action.step) ?? {};
    try {
      const inputs = checked && inputSchema !== undefined
        ? this.#checks.complete(inputSchema, action.inputs, `inputs of step "${action.step}"`)
        : action.inputs;
      return { kind: "send", replacement: { inputs: jsonToStruct(inputs as StructObject) } };
    } catch (error) {
      return { kind: "failed", error: error as Error };
    }
  }

  #planOf(plan: RunPlan): PlanState {
    const known = this.#plans.get(plan);
    if (known !== undefined) return known;
    const graph = runGraph(plan);
    const { engine } = this.options;
    const remembered = new Set(
      graph.flatMap(({ step, needs }) =>
        [...engine.stepsRead([step.if, step.runtime, step.with])]
          .filter((read) => !needs.includes(read))
      ),
    );
    const materializes = this.options.materializer !== undefined;
    const router = new StoryRouter(graph, engine, plan.inputs, materializes);
    const awaited = awaitedSteps(graph);
    const state = { graph, router, awaited, remembered, fixed: new Map() };
    this.#plans.set(plan, state);
    return state;
  }

  #runOf(plan: RunPlan): RunState {
    const key = runKey(plan);
    const state = this.#runs.get(key) ?? {
      fanIn: new FanIn(),
      history: new StepHistory(),
      cycles: new Cycles(plan.story.spec.concurrency?.mode ?? "parallel"),
    };
    this.#runs.delete(key);
    this.#runs.set(key, state);
    for (const oldest of this.#runs.keys()) {
      if (this.#runs.size <= MAX_RUNS) break;
      this.#runs.delete(oldest);
    }
    return state;
  }
}

type Sent = Extract<RoutingAction, { kind: "send" | "start" | "materialize" }>;

function isSent({ kind }: RoutingAction): boolean {
  return kind !== "skip" && kind !== "fail";
}

/** The way of a packet that is where it is to go. */
const HERE = { delay: 0, after: [] } as const;

/** Whether something has to happen before a packet comes to the step, or instead of it. */
function isErrand(plan: RunPlan, action: RoutingAction): boolean {
  return action.kind === "start" || action.kind === "materialize" || action.kind === "send" &&
      (action.delay > 0 || action.after.length > 0 ||
        plan.steps.get(action.step)?.isBatch === true);
}

function routeOf(step: string, outcome: Outcome): Route {
  if (outcome.kind === "failed") return { step, error: outcome.error };
  if (outcome.kind !== "send" || outcome.replacement === undefined) return { step };
  return { step, replacement: outcome.replacement };
}

function runKey({ namespace, storyRun }: RunPlan): string {
  return `${namespace}/${storyRun}`;
}

/** What counts as one sequence of packets for the Story's concurrency. */
function cycleKey(plan: RunPlan, source: string, { metadata }: Packet): string {
  if (plan.story.spec.concurrency?.scope !== "participant") return source;
  const participant = PARTICIPANT_KEYS.map((key) => metadata[key]).find((value) => value);
  return participant === undefined ? source : `${source}\0${participant}`;
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
