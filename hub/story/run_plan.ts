import { effectiveSettings } from "../../contracts/transport/merge_settings.ts";
import {
  type HubLimits,
  type Policies,
  resolvePolicies,
} from "../../contracts/transport/policies.ts";
import type { Engram, EngramTemplate, Transport } from "../../contracts/transport/resources.ts";
import type { StoryRun } from "../../contracts/transport/runs.ts";
import {
  isPrimitive,
  stepId,
  type Story,
  type StoryStep,
} from "../../contracts/transport/story.ts";
import type { StreamingSettings } from "../../contracts/transport/streaming_settings.ts";
import { materializerId } from "../primitives/materializer.ts";

/** One step of a run, with the settings that its transport ends up with. */
export interface StepPlan {
  readonly id: string;
  readonly step: StoryStep;
  /** Whether the hub itself executes it; engrams have a connector and a stream. */
  readonly isPrimitive: boolean;
  /** Whether each packet for it is a job of its own (`mode: job`); it has no stream then. */
  readonly isBatch: boolean;
  /**
   * Whether packets wait for it while it is not connected. Not with `maxRetries: 0`, unless its
   * settings promise that nothing is lost.
   */
  readonly waits: boolean;
  /** JSON Schemas of what its engram takes and puts out; absent: anything. */
  readonly inputSchema?: unknown;
  readonly outputSchema?: unknown;
  readonly settings: StreamingSettings;
  readonly policies: Policies;
  /** The step for whose block this one, which no Story has, fetches stored data. */
  readonly materializes?: string;
}

/** What the hub has to know of one StoryRun to carry its packets. */
export interface RunPlan {
  readonly namespace: string;
  readonly storyRun: string;
  /** The StoryRun's uid, which its children name as their owner; "" outside of a cluster. */
  readonly uid: string;
  readonly story: Story;
  /** `inputs.*` of templates. */
  readonly inputs: Readonly<Record<string, unknown>>;
  /** By step id, in the Story's order. */
  readonly steps: ReadonlyMap<string, StepPlan>;
  /** Steps that the hub may add, by id: each fetches stored data for the block of one of the steps. */
  readonly materializers: ReadonlyMap<string, StepPlan>;
}

/** The objects that a run is planned from. */
export interface RunObjects {
  readonly story: Story;
  readonly storyRun: StoryRun;
  /** Cluster-scoped, by name. */
  readonly transports: ReadonlyMap<string, Transport>;
  /**
   * The engrams that the Story's steps name, by `namespace/name` (a step that names no namespace
   * means the run's). One that is missing is taken to stream.
   */
  readonly engrams?: ReadonlyMap<string, Engram>;
  /** Cluster-scoped, by name; one that is missing has no schemas. */
  readonly templates?: ReadonlyMap<string, EngramTemplate>;
}

/**
 * Works out the settings of every step of a run.
 *
 * @throws {ContractError} naming the field of the settings that is wrong
 */
export function planRun(objects: RunObjects, limits: HubLimits): RunPlan {
  const { story, storyRun } = objects;
  const byTransport = new Map<string, { settings: StreamingSettings; policies: Policies }>();
  const settingsOf = (name: string) => {
    const known = byTransport.get(name);
    if (known !== undefined) return known;
    const declared = story.spec.transports.find((transport) => transport.name === name);
    const transport = objects.transports.get(declared?.transportRef ?? "");
    const settings = effectiveSettings(transport?.spec, declared);
    const found = { settings, policies: resolvePolicies(settings, limits) };
    byTransport.set(name, found);
    return found;
  };
  const namespace = storyRun.metadata.namespace ?? "default";
  const fallback = story.spec.policy?.retries?.stepRetryPolicy;
  const steps = story.spec.steps.map((step): StepPlan => {
    const settings = settingsOf(step.transport ?? "");
    const { maxRetries } = step.execution?.retry ?? fallback ?? {};
    return {
      id: stepId(step),
      step,
      isPrimitive: isPrimitive(step),
      waits: maxRetries !== 0 || settings.policies.delivery.semantics === "at_least_once",
      ...engramOf(step, namespace, objects),
      ...settings,
    };
  });
  return {
    namespace,
    storyRun: storyRun.metadata.name,
    uid: storyRun.metadata.uid ?? "",
    story,
    inputs: storyRun.spec.inputs ?? {},
    steps: new Map(steps.map((step) => [step.id, step])),
    materializers: new Map(
      steps.filter(({ isPrimitive }) => !isPrimitive)
        .map((step) => [materializerId(step.id), materializerOf(step)]),
    ),
  };
}

/** Packets take the same way to the materialiser of a step as to the step itself. */
function materializerOf({ id, step, settings, policies }: StepPlan): StepPlan {
  const { transport } = step;
  return {
    id: materializerId(id),
    step: {
      name: materializerId(id),
      ref: { name: "" },
      ...(transport === undefined ? {} : { transport }),
    },
    isPrimitive: false,
    isBatch: false,
    waits: true,
    settings,
    policies,
    materializes: id,
  };
}

function engramOf(
  { ref }: StoryStep,
  namespace: string,
  { engrams, templates }: RunObjects,
): Pick<StepPlan, "isBatch" | "inputSchema" | "outputSchema"> {
  const engram = ref === undefined
    ? undefined
    : engrams?.get(`${ref.namespace ?? namespace}/${ref.name}`);
  const { inputSchema, outputSchema } =
    templates?.get(engram?.spec.templateRef?.name ?? "")?.spec ?? {};
  return {
    isBatch: engram?.spec.mode === "job",
    ...(inputSchema === undefined ? {} : { inputSchema }),
    ...(outputSchema === undefined ? {} : { outputSchema }),
  };
}
