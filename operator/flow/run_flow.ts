import { ContractError } from "../../contracts/contract_error.ts";
import type { FlowInstance, FlowNode, Relationship } from "../../contracts/flow.ts";
import { SUCCESS_PHASES, TERMINAL_PHASES } from "../../contracts/transport/runs.ts";
import { needsOf, type Story } from "../../contracts/transport/story.ts";
import { findCondition } from "../../kube/conditions.ts";
import { connectorIsUp } from "../transport/binding_writes.ts";
import { conditionsOf } from "../transport/run_conditions.ts";
import { flowIdOf, type FlowScope } from "./flow_ids.ts";
import { runTopology, type StepRoute } from "../transport/run_topology.ts";
import type { SeenRun } from "../transport/seen.ts";

/** One StoryRun as a flow: the flow object, a node a step, an edge a need. */
export interface RunFlow {
  readonly flow: FlowInstance;
  readonly nodes: readonly FlowNode[];
  readonly relationships: readonly Relationship[];
}

/** The conditions that are shown of a run, if it has them. */
const SHOWN = ["Ready", "TransportReady", "TopologyResolved", "Degraded"];

/** What a run looks like on a map; undefined while its Story cannot be read. */
export function runFlow(
  seen: SeenRun,
  scope: FlowScope = { cluster: undefined },
): RunFlow | undefined {
  const { run, story, storyKey } = seen;
  if (story?.value === undefined) return undefined;
  const flowId = flowIdOf(scope, run.metadata);
  const routes = routesOf(story.value, seen);
  const nodes = story.value.spec.steps.map((step, index): FlowNode => {
    const route = routes?.[index];
    const id = route?.id ?? step.name;
    const binding = route?.binding?.value;
    const stepRun = seen.stepRuns.find(({ value }) => value?.spec.stepId === id)?.value;
    return {
      id,
      flowId,
      label: step.name,
      status: stepStatus(stepRun?.status?.phase, binding !== undefined && connectorIsUp(binding)),
      family: step.type ?? "engram",
      // One lane, with a name that says where.
      region: scope.cluster ?? run.metadata.namespace ?? "",
      meta: {
        ...(step.ref === undefined ? {} : { engram: step.ref.name }),
        ...(step.transport === undefined ? {} : { transport: step.transport }),
        ...(route === undefined || step.ref === undefined
          ? {}
          : { routing: route.mode, routingWhy: route.why }),
        ...(binding?.status?.endpoint === undefined ? {} : { endpoint: binding.status.endpoint }),
        ...(stepRun?.status?.phase === undefined ? {} : { phase: stepRun.status.phase }),
      },
    };
  });
  const ids = new Set(nodes.map(({ id }) => id));
  return {
    flow: {
      id: flowId,
      definitionId: storyKey,
      status: runStatus(seen),
      startedAt: Date.parse(run.metadata.creationTimestamp ?? "") || 0,
      meta: {
        emittedBy: "headrace-operator",
        namespace: run.metadata.namespace,
        name: run.metadata.name,
        story: storyKey,
        ...(run.value?.status?.phase === undefined ? {} : { phase: run.value.status.phase }),
        conditions: shownConditions(seen),
      },
    },
    nodes,
    relationships: story.value.spec.steps.flatMap((step, index) =>
      needsOf(step, story.value.spec.steps).filter((need) => ids.has(need)).map((
        fromId,
      ): Relationship => ({
        fromId,
        toId: routes?.[index]?.id ?? step.name,
        // In a stream both ends run at the same time; in a batch one follows the other.
        type: story.value.spec.pattern === "realtime" ? "start-to-start" : "finish-to-start",
        ...labelOf(story.value.spec.pattern === "realtime", fromId, routes),
      }))
    ),
  };
}

/** How packets take an edge: the way that its producer's connector goes. */
function labelOf(
  isStream: boolean,
  fromId: string,
  routes: readonly StepRoute[] | undefined,
): { label?: string } {
  const mode = routes?.find(({ id }) => id === fromId)?.mode;
  return isStream && mode !== undefined ? { label: mode } : {};
}

/** Undefined when the settings make no sense: the map still shows the steps. */
function routesOf(story: Story, seen: SeenRun): StepRoute[] | undefined {
  try {
    return runTopology(story, seen);
  } catch (error) {
    if (error instanceof ContractError) return undefined;
    throw error;
  }
}

function runStatus({ run, story }: SeenRun): string {
  const phase = run.value?.status?.phase;
  if (phase !== undefined && TERMINAL_PHASES.has(phase)) return terminal(phase);
  const conditions = conditionsOf(run);
  const transport = findCondition(conditions, "TransportReady");
  if (["TransportFailed", "InvalidConfiguration"].includes(transport?.reason ?? "")) {
    return "failed";
  }
  if (story?.value?.spec.pattern !== "realtime") return phase === undefined ? "pending" : "running";
  return findCondition(conditions, "Ready")?.status === "True" ? "running" : "pending";
}

function stepStatus(phase: string | undefined, isConnected: boolean): string {
  if (phase !== undefined && TERMINAL_PHASES.has(phase)) return terminal(phase);
  return isConnected || phase === "Running" ? "running" : "pending";
}

function terminal(phase: string): string {
  return SUCCESS_PHASES.has(phase) || phase === "Finished" ? "succeeded" : "failed";
}

function shownConditions({ run }: SeenRun): Record<string, string> {
  const conditions = conditionsOf(run);
  return Object.fromEntries(SHOWN.flatMap((type) => {
    const condition = findCondition(conditions, type);
    return condition === undefined
      ? []
      : [[type, `${condition.status}: ${condition.message ?? condition.reason ?? ""}`]];
  }));
}

/** A flow that has come to an end, with all that still went on in it. */
export function ended({ flow, ...part }: RunFlow, status: string, at: number): RunFlow {
  return {
    ...part,
    nodes: part.nodes.map((node) =>
      ["running", "pending"].includes(node.status) ? { ...node, status } : node
    ),
    flow: { ...flow, status, endedAt: at },
  };
}
