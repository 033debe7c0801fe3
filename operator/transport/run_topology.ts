import { ContractError } from "../../contracts/contract_error.ts";
import { composeName } from "../../contracts/transport/compose_name.ts";
import { effectiveSettings } from "../../contracts/transport/merge_settings.ts";
import { ANNOTATIONS } from "../../contracts/transport/names.ts";
import type { TransportBinding } from "../../contracts/transport/resources.ts";
import {
  isPrimitive,
  stepId,
  type Story,
  type StoryStep,
} from "../../contracts/transport/story.ts";
import { type RoutingMode, storyTopology } from "../../contracts/transport/topology.ts";
import type { ConditionSpec } from "../../kube/conditions.ts";
import type { Seen } from "../../kube/seen.ts";
import type { SeenRun } from "./seen.ts";

/** How one step's packets travel in one run. */
export interface StepRoute {
  readonly step: StoryStep;
  readonly id: string;
  readonly mode: RoutingMode;
  readonly downstream: readonly string[];
  /** Whether a peer's connector dials this step's. */
  readonly hasP2pUpstream: boolean;
  /** As a sentence for people. */
  readonly why: string;
  /** Whether the binding said so already, when it was made. */
  readonly wasDecided: boolean;
  readonly binding: Seen<TransportBinding> | undefined;
  /** Whether the run cannot be ready without a binding for this step. */
  readonly needsBinding: boolean;
  /** `lifecycle.strategy` of its settings. */
  readonly strategy: string | undefined;
}

/**
 * How the steps of a run are connected. What a binding says already, since bobrapet has decided it
 * when it made the binding, holds; where it says nothing, the same rules are applied here.
 *
 * @throws {ContractError} when the settings of a step make no sense
 */
export function runTopology(story: Story, seen: SeenRun): StepRoute[] {
  const { steps } = story.spec;
  const namespace = story.metadata.namespace ?? "";
  const bindings = new Map(
    steps.map((step) => [stepId(step), bindingOf(step, seen)] as const),
  );
  const settings = new Map(
    steps.map((step) => [stepId(step), settingsOf(step, story, bindings, seen)] as const),
  );
  const topology = storyTopology(steps, (step) => settings.get(stepId(step))?.mode);
  return topology.map((entry, index): StepRoute => {
    const step = steps[index] ?? { name: entry.id };
    const binding = bindings.get(entry.id);
    const decided = decidedMode(binding);
    const batch = step.ref !== undefined &&
      seen.engram(step.ref.namespace ?? namespace, step.ref.name)?.value?.spec.mode === "job";
    return {
      step,
      id: entry.id,
      mode: decided?.mode ?? entry.mode,
      downstream: decided?.downstream ?? entry.downstream,
      hasP2pUpstream: entry.hasP2pUpstream,
      why: decided === undefined || decided.mode === entry.mode
        ? entry.why
        : `so the binding was made; by the graph it would be ${entry.mode}: ${entry.why}`,
      wasDecided: decided !== undefined,
      binding,
      // A batch engram has no stream: the hub makes a StepRun for each packet.
      needsBinding: !isPrimitive(step) && !batch,
      strategy: settings.get(entry.id)?.strategy,
    };
  });
}

/** The picture of all steps as one condition. */
export function topologyCondition(routes: readonly StepRoute[]): Omit<ConditionSpec, "type"> {
  const streaming = routes.filter(({ needsBinding }) => needsBinding);
  const p2p = streaming.filter(({ mode }) => mode === "p2p");
  // The last of a chain sends to nobody: that it is not p2p does not bring the hub in.
  const viaHub = streaming.filter(({ mode, downstream, hasP2pUpstream }) =>
    mode === "hub" && (downstream.length > 0 || !hasP2pUpstream)
  );
  return {
    status: "True",
    reason: p2p.length === 0 ? "HubMediated" : viaHub.length === 0 ? "PeerToPeer" : "Mixed",
    message: streaming.map(({ id, mode, downstream, why }) =>
      `${id}${downstream.length > 0 ? ` → ${downstream.join(", ")}` : ""}: ${mode} (${why})`
    ).join("; "),
  };
}

/** The binding of a step. One that is being deleted is none: its successor is what counts. */
function bindingOf(
  step: StoryStep,
  { run, bindings }: SeenRun,
): Seen<TransportBinding> | undefined {
  const names = [step.id, step.name].filter((name) => name !== undefined && name !== "")
    .map((name) => composeName(run.metadata.name, name ?? "", "transport"));
  const alive = bindings.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  return alive.find(({ value }) => value?.spec.stepName === stepId(step)) ??
    alive.find(({ metadata }) => names.includes(metadata.name));
}

function decidedMode(
  binding: Seen<TransportBinding> | undefined,
): { mode: RoutingMode; downstream: string[] } | undefined {
  const { annotations } = binding?.metadata ?? {};
  const mode = annotations?.[ANNOTATIONS.routingMode];
  if (mode !== "p2p" && mode !== "hub") return undefined;
  const downstream = (annotations?.[ANNOTATIONS.downstreamSteps] ?? "").split(",")
    .map((name) => name.trim()).filter((name) => name !== "");
  return { mode, downstream };
}

interface StepSettings {
  readonly mode: string | undefined;
  readonly strategy: string | undefined;
}

/** From the binding, which carries the merged settings; else merged here in the same way. */
function settingsOf(
  step: StoryStep,
  story: Story,
  bindings: ReadonlyMap<string, Seen<TransportBinding> | undefined>,
  seen: SeenRun,
): StepSettings {
  const raw = bindings.get(stepId(step))?.value?.spec.rawSettings;
  if (raw !== undefined && raw !== null) {
    return pick(effectiveSettings(undefined, { settings: raw }));
  }
  if (step.transport === undefined || step.transport === "") {
    return { mode: undefined, strategy: undefined };
  }
  const declared = story.spec.transports.find(({ name }) => name === step.transport);
  if (declared === undefined) {
    throw new ContractError(
      `step "${step.name}" uses transport "${step.transport}", which spec.transports does not declare`,
    );
  }
  return pick(effectiveSettings(seen.transport(declared.transportRef)?.value?.spec, declared));
}

function pick({ routing, lifecycle }: ReturnType<typeof effectiveSettings>): StepSettings {
  return { mode: routing?.mode, strategy: lifecycle?.strategy };
}
