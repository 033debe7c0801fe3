import { type RoutingReason, storyTopology } from "../../contracts/transport/topology.ts";
import { awaitedSteps } from "../routing/hooks.ts";
import { candidates, follows, runGraph } from "../routing/story_graph.ts";
import type { RunPlan, StepPlan } from "../story/run_plan.ts";
import type { DeadLetter } from "./dead_letters.ts";
import type { Hub } from "./hub.ts";
import { readPlan } from "./read_plan.ts";
import { Code, Refusal } from "./refusal.ts";

/** One step of a run, and why its packets go where they go. */
export interface StepExplanation {
  readonly step: string;
  readonly kind: "engram" | "batch" | "primitive";
  /** Of a primitive. */
  readonly type?: string;
  readonly transport?: string;
  readonly needs: readonly string[];
  /** Whether its packets go straight to a peer or through the hub, and why; not of primitives. */
  readonly mode?: "p2p" | "hub";
  readonly reason?: RoutingReason;
  readonly why?: string;
  /** Steps that its packets may come to. */
  readonly follows: readonly FollowingStep[];
  readonly connected: boolean;
  /** What is held for it, and what it promises. */
  readonly delivery: {
    readonly maxMessages: number;
    readonly maxBytes: number;
    readonly dropPolicy: string;
    readonly flowControl: string;
    readonly semantics: string;
    readonly ordering: string;
    readonly replay: string;
  };
}

export interface FollowingStep {
  readonly step: string;
  /** What is asked of each packet on the way there; absent: nothing. */
  readonly if?: string;
  /** `runtime` or `with`: where the step's inputs come from; absent: the packet's own. */
  readonly inputs?: "runtime" | "with";
  /** How many upstreams it waits for, and which of them are enough. */
  readonly joins?: string;
}

/** `GET /v1/runs/<namespace>/<run>`: a run as the hub understands it. */
export interface RunExplanation {
  readonly namespace: string;
  readonly storyRun: string;
  readonly story: string;
  readonly concurrency: { readonly mode: string; readonly scope: string };
  /** Steps whose streams make the run ready. */
  readonly awaits: readonly string[];
  readonly steps: readonly StepExplanation[];
  readonly deadLetters: readonly DeadLetter[];
}

/**
 * Explains a run, whether its steps are connected or not. Values of inputs are not in it.
 *
 * @returns undefined when there is no such run
 * @throws {Refusal} when it cannot be read at the moment
 */
export async function explainRun(
  hub: Hub,
  namespace: string,
  storyRun: string,
): Promise<RunExplanation | undefined> {
  const run = hub.runs.get(`${namespace}/${storyRun}`);
  const plan = run?.plan ?? await planOf(hub, namespace, storyRun);
  if (plan === undefined) return undefined;
  const { mode = "parallel", scope = "storyrun" } = plan.story.spec.concurrency ?? {};
  const isConnected = (step: string) => run?.streams.get(step)?.session !== undefined;
  return {
    namespace,
    storyRun,
    story: plan.story.metadata.name,
    concurrency: { mode, scope },
    awaits: awaitedSteps(runGraph(plan)),
    steps: explainSteps(plan, isConnected),
    deadLetters: hub.deadLetters.filter((letter) =>
      letter.namespace === namespace && letter.storyRun === storyRun
    ),
  };
}

async function planOf(
  { options }: Hub,
  namespace: string,
  storyRun: string,
): Promise<RunPlan | undefined> {
  try {
    return await readPlan(options, { namespace, storyRun });
  } catch (error) {
    if (error instanceof Refusal && error.code === Code.notFound) return undefined;
    throw error;
  }
}

function explainSteps(
  plan: RunPlan,
  isConnected: (step: string) => boolean,
): StepExplanation[] {
  const graph = runGraph(plan);
  const topology = storyTopology(
    plan.story.spec.steps,
    (step) => graph.find((one) => one.step === step)?.settings.routing?.mode,
  );
  return graph.map(({ id, step, isPrimitive, isBatch, needs, policies }, index) => {
    const { mode, reason, why } = topology[index] ?? {};
    const { buffer, flow, delivery } = policies;
    return {
      step: id,
      kind: isPrimitive ? "primitive" : isBatch ? "batch" : "engram",
      ...(step.type === undefined ? {} : { type: step.type }),
      ...(step.transport === undefined ? {} : { transport: step.transport }),
      needs,
      ...(isPrimitive || mode === undefined || reason === undefined || why === undefined
        ? {}
        : { mode, reason, why }),
      follows: candidates(graph, id)
        .filter((target) => follows(target, new Map([[id, true]])))
        .map(followingStep),
      connected: isConnected(id),
      delivery: {
        maxMessages: buffer.maxMessages,
        maxBytes: buffer.maxBytes,
        dropPolicy: buffer.dropPolicy,
        flowControl: flow.mode,
        semantics: delivery.semantics,
        ordering: delivery.ordering,
        replay: delivery.replay,
      },
    };
  });
}

function followingStep(
  { id, step, isPrimitive, needs, policies }:
    & Pick<StepPlan, "id" | "step" | "isPrimitive" | "policies">
    & {
      readonly needs: readonly string[];
    },
): FollowingStep {
  const { mode, quorum } = policies.fanIn;
  const inputs = step.runtime !== undefined
    ? "runtime"
    : step.with !== undefined
    ? "with"
    : undefined;
  return {
    step: id,
    ...(step.if?.trim() ? { if: step.if } : {}),
    ...(inputs === undefined || isPrimitive ? {} : { inputs }),
    ...(needs.length < 2 || isPrimitive
      ? {}
      : { joins: mode === "quorum" ? `${quorum} of ${needs.length}` : mode }),
  };
}
