import { effectiveSettings } from "../../contracts/transport/merge_settings.ts";
import {
  DEFAULT_HUB_LIMITS,
  type HubLimits,
  type Policies,
  resolvePolicies,
} from "../../contracts/transport/policies.ts";
import {
  isPrimitive,
  needsOf,
  stepId,
  type StorySpec,
  type StoryStep,
} from "../../contracts/transport/story.ts";
import type { StreamingSettings } from "../../contracts/transport/streaming_settings.ts";
import type { RunPlan } from "../story/run_plan.ts";

/** One step, with what its transport ends up with. */
export interface GraphStep {
  readonly id: string;
  readonly step: StoryStep;
  readonly isPrimitive: boolean;
  /** Whether each packet for it is a job of its own; it has no stream then. */
  readonly isBatch: boolean;
  /** Ids of the steps that it names in `needs`. */
  readonly needs: readonly string[];
  readonly settings: StreamingSettings;
  readonly policies: Policies;
}

/** The steps of a Story in its order. */
export type StoryGraph = readonly GraphStep[];

/** What `Transport` objects say, by name. */
export type TransportSpecs = ReadonlyMap<
  string,
  { readonly streaming?: unknown; readonly defaultSettings?: unknown }
>;

/**
 * Works out the settings of every step of a Story.
 *
 * @throws {ContractError} naming the field of the settings that is wrong
 */
export function storyGraph(
  spec: StorySpec,
  transports: TransportSpecs,
  limits: HubLimits = DEFAULT_HUB_LIMITS,
): StoryGraph {
  return spec.steps.map((step) => {
    const declared = spec.transports.find(({ name }) => name === step.transport);
    const settings = effectiveSettings(transports.get(declared?.transportRef ?? ""), declared);
    return {
      id: stepId(step),
      step,
      isPrimitive: isPrimitive(step),
      isBatch: false,
      needs: needsOf(step, spec.steps),
      settings,
      policies: resolvePolicies(settings, limits),
    };
  });
}

/** The steps of a run as it is planned. */
export function runGraph({ steps, story }: RunPlan): StoryGraph {
  return [...steps.values()].map((step) => ({
    ...step,
    needs: needsOf(step.step, story.spec.steps),
  }));
}

/**
 * The steps that may follow a packet's source, in the Story's order: those after it of the same
 * transport. Which of them it reaches depends on `needs`, see {@linkcode follows}. A primitive has no
 * connector, so it needs no transport to stand between two steps of one.
 */
export function candidates(graph: StoryGraph, source: string): GraphStep[] {
  const index = graph.findIndex(({ id }) => id === source);
  const transport = graph[index]?.step.transport;
  if (index < 0) return [];
  return graph.slice(index + 1).filter(({ step, isPrimitive }) =>
    transport === undefined || step.transport === transport ||
    (isPrimitive && step.transport === undefined)
  );
}

/**
 * Whether a step follows one that a packet has reached: it needs it, or it needs nothing at all and
 * so follows every step before it, as in the original.
 */
export function follows({ needs }: GraphStep, reached: ReadonlyMap<string, unknown>): boolean {
  return needs.length === 0 || needs.some((need) => reached.has(need));
}
