import { needsOf, stepId, type StoryStep } from "./story.ts";

/** How packets leave a step: straight to the peer's connector, or through the hub. */
export type RoutingMode = "p2p" | "hub";

/** Why a step's packets take the way they take. */
export type RoutingReason =
  | "linear"
  | "runtime-block"
  | "condition"
  | "no-downstream"
  | "fan-out"
  | "downstream-runtime-block"
  | "downstream-condition"
  | "upstream-is-hub"
  | "forced-hub"
  | "p2p-not-possible";

export interface StepTopology {
  readonly id: string;
  readonly mode: RoutingMode;
  readonly reason: RoutingReason;
  /** The reason as a sentence for people. */
  readonly why: string;
  /** Steps whose `needs` name this one, in the Story's order. */
  readonly downstream: readonly string[];
  readonly upstream: readonly string[];
  /** Whether a peer's connector dials this step's. */
  readonly hasP2pUpstream: boolean;
}

/**
 * Decides for every step whether its packets go straight to the next step or through the hub.
 *
 * Straight only where nothing has to look at a packet and there is exactly one place to go: no `if`
 * and no `runtime` on either end, one downstream by explicit `needs`, and no upstream that comes
 * through the hub (an edge hub → p2p would mix both ways).
 *
 * @param routingMode `routing.mode` of a step's effective settings; `hub` forces the hub, `p2p`
 * cannot make possible what the graph rules out, anything else leaves the choice to the graph
 */
export function storyTopology(
  steps: readonly StoryStep[],
  routingMode: (step: StoryStep) => string | undefined = () => undefined,
): StepTopology[] {
  const byId = new Map(steps.map((step) => [stepId(step), step]));
  const upstream = new Map(steps.map((step) => [stepId(step), needsOf(step, steps)]));
  const downstream = new Map(
    steps.map((step) => [
      stepId(step),
      steps.map(stepId).filter((id) => upstream.get(id)?.includes(stepId(step))),
    ]),
  );
  const decided = new Map<string, Decision>();

  function decide(id: string, visiting: ReadonlySet<string>): Decision {
    const known = decided.get(id);
    if (known !== undefined) return known;
    const step = byId.get(id);
    // An upstream that does not exist, or a cycle: nothing is known of it, so the hub has to be.
    if (step === undefined || visiting.has(id)) return { mode: "hub", reason: "upstream-is-hub" };
    const decision = byOverride(routingMode(step), byGraph(step, new Set(visiting).add(id)));
    decided.set(id, decision);
    return decision;
  }

  function byGraph(step: StoryStep, visiting: ReadonlySet<string>): Decision {
    const own = needsHub(step);
    if (own !== undefined) return { mode: "hub", reason: own };
    const [next, ...more] = downstream.get(stepId(step)) ?? [];
    if (next === undefined) return { mode: "hub", reason: "no-downstream" };
    if (more.length > 0) return { mode: "hub", reason: "fan-out" };
    const peer = byId.get(next);
    const theirs = peer === undefined ? undefined : needsHub(peer);
    if (theirs !== undefined) return { mode: "hub", reason: `downstream-${theirs}` };
    for (const id of upstream.get(stepId(step)) ?? []) {
      // A p2p upstream has this step as its only downstream: more would have made it hub.
      if (decide(id, visiting).mode === "hub") return { mode: "hub", reason: "upstream-is-hub" };
    }
    return { mode: "p2p", reason: "linear" };
  }

  const ids = steps.map(stepId);
  for (const id of ids) decide(id, new Set());
  return ids.map((id) => {
    const { mode, reason } = decide(id, new Set());
    return {
      id,
      mode,
      reason,
      why: WHY[reason],
      downstream: downstream.get(id) ?? [],
      upstream: upstream.get(id) ?? [],
      hasP2pUpstream: ids.some((other) =>
        other !== id && decided.get(other)?.mode === "p2p" && downstream.get(other)?.[0] === id
      ),
    };
  });
}

interface Decision {
  readonly mode: RoutingMode;
  readonly reason: RoutingReason;
}

function byOverride(mode: string | undefined, decision: Decision): Decision {
  if (mode === "hub") return { mode: "hub", reason: "forced-hub" };
  if (mode === "p2p" && decision.mode === "hub") {
    return { mode: "hub", reason: "p2p-not-possible" };
  }
  return decision;
}

function needsHub(step: StoryStep): "runtime-block" | "condition" | undefined {
  if (step.runtime !== undefined) return "runtime-block";
  if (step.if !== undefined && step.if.trim() !== "") return "condition";
  return undefined;
}

const WHY: Readonly<Record<RoutingReason, string>> = {
  "linear": "one plain step follows, so the connectors talk to each other",
  "runtime-block": "its runtime block is evaluated for each packet",
  "condition": "its condition is evaluated for each packet",
  "no-downstream": "no step needs it",
  "fan-out": "more than one step needs it",
  "downstream-runtime-block": "the next step's runtime block is evaluated for each packet",
  "downstream-condition": "the next step's condition is evaluated for each packet",
  "upstream-is-hub": "a step before it sends through the hub",
  "forced-hub": "routing.mode is hub",
  "p2p-not-possible": "routing.mode asks for p2p, but the graph needs the hub",
};
