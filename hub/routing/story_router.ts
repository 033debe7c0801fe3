import { METADATA } from "../../contracts/transport/names.ts";
import { type JsonObject, outputsOf, type Packet } from "../../contracts/transport/packet.ts";
import type { RoutingRule } from "../../contracts/transport/streaming_settings.ts";
import { type ExpressionEngine, STATIC_SCOPE, type Vars } from "../expression/engine.ts";
import { ExpressionError } from "../expression/errors.ts";
import { type ChildStory, decidePrimitive } from "../primitives/primitive.ts";
import type { FanIn } from "./fan_in.ts";
import { candidates, follows, type GraphStep, type StoryGraph } from "./story_graph.ts";

/** Why a step that follows does not get a packet. */
export type SkipReason =
  | "condition"
  /** An expression reads a step that has put nothing out yet. */
  | "blocked"
  /** Other upstreams of its join are to come, or it had the join already. */
  | "join"
  | "rule"
  | "max_downstreams"
  | "stopped";

/** What happens with a packet at one step; in the Story's order. */
export type RoutingAction =
  | {
    readonly kind: "send";
    readonly step: string;
    /** What the step's `with` or `runtime` makes of the packet; absent: the packet's own inputs. */
    readonly inputs?: JsonObject;
    /** Milliseconds that the packet sleeps before it is sent. */
    readonly delay: number;
    /** Steps whose child story has to succeed first. */
    readonly after: readonly string[];
  }
  | {
    readonly kind: "start";
    readonly step: string;
    readonly child: ChildStory;
    readonly delay: number;
    readonly after: readonly string[];
  }
  /** The step's block reads stored data, which a materialiser has to fetch before it gets them. */
  | {
    readonly kind: "materialize";
    readonly step: string;
    readonly template: JsonObject;
    readonly vars: JsonObject;
    readonly delay: number;
    readonly after: readonly string[];
  }
  | { readonly kind: "skip"; readonly step: string; readonly reason: SkipReason }
  /** The step does not get this packet because of a fault in the Story; others do. */
  | { readonly kind: "fail"; readonly step: string; readonly error: Error };

/** What is to be sent to a step, apart from the way there. */
type Given =
  | { readonly kind: "send"; readonly inputs?: JsonObject }
  | { readonly kind: "materialize"; readonly template: JsonObject; readonly vars: JsonObject };

/** What a packet passes through, from where it is now. */
interface Walk {
  /** Steps and primitives that it has reached, with the sleep and the waits on the way there. */
  readonly reached: Map<string, { readonly delay: number; readonly after: readonly string[] }>;
  readonly packet: Packet;
  steps: Record<string, unknown>;
  sent: number;
  stopped: boolean;
}

/** What one route needs beside the Story. */
export interface RouteContext {
  readonly fanIn: FanIn;
  /** Milliseconds; only differences count. */
  readonly now: number;
  /** Outputs of earlier steps that belong to the same message, by step. */
  readonly history?: ReadonlyMap<string, JsonObject>;
}

/** Routes the packets of one StoryRun through its Story. Pure, but for the joins it is given. */
export class StoryRouter {
  readonly #fixed = new Map<string, readonly RoutingAction[] | undefined>();

  constructor(
    readonly graph: StoryGraph,
    readonly engine: ExpressionEngine,
    /** `inputs.*` of expressions. */
    readonly inputs: Readonly<Record<string, unknown>>,
    /** Whether stored data can be fetched for a block; without that such a block fails. */
    readonly materializes = false,
  ) {}

  /**
   * Where every packet of a step goes, whatever is in it; undefined when a packet has to be looked
   * at. Worked out once for each step, so that plain streams pay nothing for routing.
   */
  fixed(source: string): readonly RoutingAction[] | undefined {
    if (!this.#fixed.has(source)) this.#fixed.set(source, this.#workOut(source));
    return this.#fixed.get(source);
  }

  /** What happens with a packet that a step put out. */
  route(source: string, packet: Packet, context: RouteContext): readonly RoutingAction[] {
    return this.fixed(source) ?? this.#walk(source, packet, context);
  }

  /**
   * What a step makes of a packet that the hub itself sends, and that no step put out.
   *
   * @returns undefined when its condition does not hold, or reads what is not there
   */
  receive(target: GraphStep, packet: Packet): RoutingAction | undefined {
    const step = target.id;
    try {
      const vars = this.#vars({ packet, steps: {} });
      if (!this.engine.condition(target.step.if, vars)) return undefined;
      const inputs = this.#inputs(target, vars);
      return {
        kind: "send",
        step,
        ...(inputs === undefined ? {} : { inputs }),
        delay: 0,
        after: [],
      };
    } catch (error) {
      if (error instanceof ExpressionError && error.code === "blocked") return undefined;
      if (!(error instanceof Error)) throw error;
      return { kind: "fail", step, error };
    }
  }

  #workOut(source: string): readonly RoutingAction[] | undefined {
    const following = candidates(this.graph, source)
      .filter((step) => follows(step, new Map([[source, true]])));
    const from = this.graph.find(({ id }) => id === source);
    const plain = following.every(({ step, isPrimitive, needs }) =>
      !isPrimitive && needs.length <= 1 && step.runtime === undefined &&
      (step.if === undefined || this.engine.isStatic(step.if))
    );
    if (!plain || (from?.settings.routing?.rules?.length ?? 0) > 0) return undefined;
    const nothing: Packet = { metadata: {} };
    return this.#walk(source, nothing, { fanIn: undefined, now: 0 });
  }

  #walk(
    source: string,
    packet: Packet,
    context: Omit<RouteContext, "fanIn"> & { readonly fanIn: FanIn | undefined },
  ): RoutingAction[] {
    const from = this.graph.find(({ id }) => id === source);
    if (from === undefined) return [];
    const outputs = outputsOf(packet) ?? {};
    const walk: Walk = {
      reached: new Map([[source, { delay: 0, after: [] }]]),
      packet,
      steps: Object.fromEntries(
        [...(context.history ?? []), [source, outputs] as const]
          .map(([step, value]) => [step, asStep(value)]),
      ),
      sent: 0,
      stopped: false,
    };
    const actions: RoutingAction[] = [];
    for (const target of candidates(this.graph, source)) {
      if (!follows(target, walk.reached)) continue;
      const action = this.#reach(from, target, walk, context);
      if (action !== undefined) actions.push(action);
    }
    return actions;
  }

  #reach(
    from: GraphStep,
    target: GraphStep,
    walk: Walk,
    { fanIn, now }: { readonly fanIn: FanIn | undefined; readonly now: number },
  ): RoutingAction | undefined {
    const step = target.id;
    if (walk.stopped) return { kind: "skip", step, reason: "stopped" };
    try {
      const vars = this.#vars(walk);
      if (!this.engine.condition(target.step.if, vars)) {
        return { kind: "skip", step, reason: "condition" };
      }
      if (target.isPrimitive) return this.#execute(target, walk, vars);
      const joined = this.#join(from, target, walk, fanIn, now);
      if (joined === undefined) return { kind: "skip", step, reason: "join" };
      const seen = { ...vars, steps: joined };
      if (!this.#allowed(from.settings.routing?.rules ?? [], step, seen)) {
        return { kind: "skip", step, reason: "rule" };
      }
      if (walk.sent >= from.policies.maxDownstreams) {
        return { kind: "skip", step, reason: "max_downstreams" };
      }
      const send = this.#inputsFor(target, seen);
      walk.sent++;
      return { ...send, step, ...way(target, walk) };
    } catch (error) {
      if (error instanceof ExpressionError && error.code === "blocked") {
        return { kind: "skip", step, reason: "blocked" };
      }
      if (!(error instanceof Error)) throw error;
      return { kind: "fail", step, error };
    }
  }

  #vars({ packet, steps }: Pick<Walk, "packet" | "steps">): Vars {
    return {
      inputs: this.inputs,
      steps,
      packet: { ...packet.payload, metadata: packet.metadata },
    };
  }

  #execute(target: GraphStep, walk: Walk, vars: Vars): RoutingAction | undefined {
    const block = this.engine.resolve(target.step.with ?? {}, vars) as JsonObject;
    const decision = decidePrimitive(target.step.type, block);
    const { delay, after } = way(target, walk);
    const reach = (delay: number, after: readonly string[]) =>
      walk.reached.set(target.id, { delay, after });
    // What a primitive passes on is what it got: `steps.<primitive>` is the packet's payload.
    walk.steps = { ...walk.steps, [target.id]: asStep(outputsOf(walk.packet) ?? {}) };
    switch (decision.kind) {
      case "stop":
        walk.stopped = true;
        return undefined;
      case "delay":
        reach(delay + decision.milliseconds, after);
        return undefined;
      case "start": {
        reach(delay, decision.child.wait ? [...after, target.id] : after);
        return { kind: "start", step: target.id, child: decision.child, delay, after };
      }
      default:
        reach(delay, after);
        return undefined;
    }
  }

  /** The `steps` that a target sees; undefined while its join is not complete. */
  #join(
    from: GraphStep,
    target: GraphStep,
    walk: Walk,
    fanIn: FanIn | undefined,
    now: number,
  ): Record<string, unknown> | undefined {
    const { metadata } = walk.packet;
    const joinId = metadata[METADATA.joinKey] || metadata[METADATA.messageId];
    if (target.needs.length < 2 || !joinId || fanIn === undefined) return walk.steps;
    const upstream = target.needs.includes(from.id)
      ? from.id
      : target.needs.find((need) => walk.reached.has(need)) ?? from.id;
    const arrival = fanIn.arrive(
      target.id,
      joinId,
      upstream,
      outputsOf(walk.packet) ?? {},
      target.needs,
      target.policies.fanIn,
      now,
    );
    if (arrival.kind !== "ready") return undefined;
    const joined = [...arrival.outputs].map(([step, outputs]) => [step, asStep(outputs)]);
    return { ...walk.steps, ...Object.fromEntries(joined) };
  }

  /** A deny that matches wins; where there are allows, one of them has to match. */
  #allowed(rules: readonly RoutingRule[], step: string, vars: Vars): boolean {
    let hasAllow = false;
    let allowed = false;
    for (const { action, target, when } of rules) {
      if (action === undefined) continue;
      if (action === "allow") hasAllow = true;
      const steps = target?.steps ?? [];
      if (steps.length > 0 && !steps.includes(step)) continue;
      if (!this.engine.condition(when, vars)) continue;
      if (action === "deny") return false;
      allowed = true;
    }
    return allowed || !hasAllow;
  }

  /** What a step gets, or what has to be fetched for it. */
  #inputsFor(target: GraphStep, vars: Vars): Given {
    try {
      const inputs = this.#inputs(target, vars);
      return { kind: "send", ...(inputs === undefined ? {} : { inputs }) };
    } catch (error) {
      const template = target.step.runtime;
      const isStored = error instanceof ExpressionError && error.code === "offloaded";
      if (!this.materializes || !isStored || template === undefined) throw error;
      return { kind: "materialize", template, vars: { ...vars } };
    }
  }

  #inputs({ id, step }: GraphStep, vars: Vars): JsonObject | undefined {
    if (step.runtime !== undefined) return this.engine.resolve(step.runtime, vars) as JsonObject;
    if (step.with === undefined) return undefined;
    const [fault] = this.engine.validate(step.with, STATIC_SCOPE, "with");
    if (fault !== undefined) {
      throw new ExpressionError(
        "scope",
        `step "${id}" with block not valid for streaming: ${fault}`,
      );
    }
    return this.engine.resolve(step.with, { inputs: this.inputs }) as JsonObject;
  }
}

/**
 * How a packet comes to a step: by the way of the needs that it has reached, the longest of them.
 * A step without needs comes after everything before it.
 */
function way(
  { needs }: GraphStep,
  { reached }: Walk,
): { readonly delay: number; readonly after: readonly string[] } {
  const ways = needs.length === 0
    ? [...reached.values()]
    : needs.flatMap((need) => reached.get(need) ?? []);
  return {
    delay: Math.max(...ways.map(({ delay }) => delay)),
    after: [...new Set(ways.flatMap(({ after }) => after))],
  };
}

/** Outputs as `steps.<id>` shows them: flat, and under the names that batch stories use. */
function asStep(outputs: JsonObject): JsonObject {
  return { output: outputs, outputs, ...outputs };
}
