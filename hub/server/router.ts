import type { Packet, Replacement } from "../proto/packet.ts";
import type { RunPlan } from "../story/run_plan.ts";

/** One consumer of a packet, and what it gets instead of the packet's own payload or inputs. */
export type Route =
  | { readonly step: string; readonly replacement?: Replacement }
  /** A template of the step failed on this packet: the step does not get it, others do. */
  | { readonly step: string; readonly error: Error };

/** Decides which steps a packet goes to. */
export interface Router {
  /**
   * @param source id of the step that sent the packet
   * @returns a promise where a primitive takes time; the source's next packets wait for it
   */
  route(
    plan: RunPlan,
    source: string,
    packet: Packet,
  ): readonly Route[] | Promise<readonly Route[]>;
}

/**
 * Follows the graph alone: every engram that needs the source. Steps without `needs` follow every
 * earlier step of the same transport, as the original has it.
 */
export class GraphRouter implements Router {
  readonly #routes = new WeakMap<RunPlan, Map<string, readonly Route[]>>();

  route(plan: RunPlan, source: string): readonly Route[] {
    let bySource = this.#routes.get(plan);
    if (bySource === undefined) this.#routes.set(plan, bySource = new Map());
    let routes = bySource.get(source);
    if (routes === undefined) bySource.set(source, routes = followers(plan, source));
    return routes;
  }
}

function followers(plan: RunPlan, source: string): Route[] {
  const steps = [...plan.steps.values()];
  const index = steps.findIndex(({ id }) => id === source);
  const from = steps[index]?.step;
  if (from === undefined) return [];
  return steps.slice(index + 1).filter(({ step, isPrimitive }) => {
    const needs = step.needs ?? [];
    const follows = needs.length === 0 || needs.includes(source) || needs.includes(from.name);
    return !isPrimitive && follows && (from.transport ?? step.transport) === step.transport;
  }).slice(0, plan.steps.get(source)?.policies.maxDownstreams).map(({ id }) => ({ step: id }));
}
