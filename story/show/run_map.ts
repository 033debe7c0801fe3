import type { FlowInstance, FlowNode, Relationship } from "../../contracts/flow.ts";
import type { EdgeReport, StepReport } from "../count/ledger.ts";
import type { LocalPlan, PlannedStep } from "../plan/run_plan.ts";
import type { StepState } from "../run/local_run.ts";
import { droppedText, formatCount, formatLatency, formatRate } from "./progress.ts";

/** What is known of a run at one moment. */
export interface RunView {
  readonly edges: readonly EdgeReport[];
  readonly steps: readonly StepReport[];
  /** Packets a second that arrive over an edge, and that a step puts out. */
  readonly edgeRate: (edge: Pick<EdgeReport, "from" | "to">) => number;
  readonly sentRate: (step: string) => number;
  readonly stateOf: (step: PlannedStep) => StepState;
  /** Unix time in milliseconds. */
  readonly startedAt: number;
  /** Absent while it runs. */
  readonly end?: { readonly at: number; readonly ok: boolean };
}

/** A run as a flow: steps are nodes with what they carry, edges say how packets go. */
export interface RunMap {
  readonly flow: FlowInstance;
  readonly nodes: readonly FlowNode[];
  readonly relationships: readonly Relationship[];
}

/** The lane that all steps stand in: what other runs of the same router have is elsewhere. */
const REGION = "this machine";

const STATUS: Readonly<Record<StepState, string>> = {
  starting: "pending",
  running: "running",
  restarting: "failed",
};

/** The id of a run's flow, as the operator names a StoryRun's. */
export function mapFlowId({ namespace, storyRun }: LocalPlan): string {
  return `storyrun:${namespace}:${storyRun}`;
}

/** What a run looks like on a map. */
export function runMap(plan: LocalPlan, view: RunView): RunMap {
  const flowId = mapFlowId(plan);
  const { startedAt, end } = view;
  return {
    flow: {
      id: flowId,
      definitionId: `${plan.namespace}/${plan.file.story.metadata.name}`,
      status: end === undefined ? "running" : end.ok ? "succeeded" : "failed",
      startedAt,
      ...(end === undefined ? {} : { endedAt: end.at }),
      meta: { emittedBy: "headrace-story", story: plan.file.story.metadata.name },
    },
    nodes: plan.steps.map((step) => nodeOf(step, flowId, view)),
    relationships: plan.steps.flatMap((step) =>
      sourcesOf(plan, step).map((fromId): Relationship => ({
        fromId,
        toId: step.id,
        // In a stream both ends run at the same time.
        type: "start-to-start",
        label: labelOf(fromId, step, view),
      }))
    ),
  };
}

function nodeOf(step: PlannedStep, flowId: string, view: RunView): FlowNode {
  const { id, isPrimitive, topology: { mode, why }, engram } = step;
  const state = view.stateOf(step);
  const { end, startedAt } = view;
  const counts = view.steps.find((counted) => counted.id === id);
  return {
    id,
    flowId,
    label: step.step.name,
    status: end === undefined ? STATUS[state] : end.ok ? "succeeded" : "failed",
    family: isPrimitive ? step.step.type ?? "" : familyOf(engram),
    region: REGION,
    ...(end === undefined ? {} : { startedAt, endedAt: end.at }),
    meta: {
      state: end === undefined ? stateText(step, state, view) : "ended",
      ...(state === "restarting" && end === undefined
        ? { reason: "started again", message: "a process of this step has ended" }
        : {}),
      ...(step.engramName === undefined ? {} : { engram: step.engramName }),
      ...(step.step.if === undefined ? {} : { condition: step.step.if }),
      ...(isPrimitive
        ? { routing: "hub", routingWhy: "the hub evaluates it for each packet" }
        : {}),
      ...(isPrimitive || view.edges.every(({ from }) => from !== id)
        ? {}
        : { routing: mode === "p2p" ? "P2P" : "hub", routingWhy: why }),
      ...(counts === undefined ? {} : { packets: packetsText(id, counts, view) }),
    },
  };
}

function familyOf(engram: PlannedStep["engram"]): string {
  if (engram?.kind === "sample") return engram.sample.template.replace(/^headrace-/, "");
  return engram === undefined ? "" : "command";
}

/** The line under a step's name: what it carries at the moment. */
function stateText({ id, isPrimitive }: PlannedStep, state: StepState, view: RunView): string {
  if (state !== "running") return state;
  if (isPrimitive) return "in the hub";
  const into = view.edges.filter(({ to }) => to === id);
  const rate = into.length === 0
    ? view.sentRate(id)
    : into.reduce((sum, edge) => sum + view.edgeRate(edge), 0);
  const dropped = view.steps.find((counted) => counted.id === id)?.dropped ?? 0;
  return [formatRate(rate), ...(dropped > 0 ? [`${formatCount(dropped)} dropped`] : [])].join(", ");
}

function packetsText(id: string, { sent, received, waiting }: StepReport, view: RunView): string {
  const into = view.edges.filter(({ to }) => to === id);
  const dropped = into.map((edge) => droppedText(edge.dropped)).filter((text) => text !== "");
  const [first] = into;
  return [
    ...(sent > 0 ? [`${formatCount(sent)} sent`] : []),
    ...(into.length > 0 ? [`${formatCount(received)} received`] : []),
    ...(waiting > 0 ? [`${formatCount(waiting)} wait in the hub`] : []),
    ...dropped.map((text) => `dropped ${text}`),
    ...(first === undefined || first.p50 === null
      ? []
      : [`p50 ${formatLatency(first.p50)}, p99 ${formatLatency(first.p99)}`]),
  ].join("; ");
}

/** Steps that an arrow leads from: its needs, and whom it follows without saying so. */
function sourcesOf({ edges }: LocalPlan, { id, needs }: PlannedStep): string[] {
  const implied = edges.filter(({ to, via }) => to === id && via.length === 0)
    .map(({ from }) => from);
  return [...new Set([...needs, ...implied])];
}

/** What stands at an arrow: the way, and how much comes along it; at the end, how much came. */
function labelOf(
  from: string,
  { id, isPrimitive }: PlannedStep,
  { edges, steps, edgeRate, sentRate, end }: RunView,
): string {
  if (isPrimitive) {
    const source = steps.find((step) => step.id === from);
    if (source === undefined) return "hub";
    return `hub ${end === undefined ? formatRate(sentRate(from)) : formatCount(source.sent)}`;
  }
  const along = edges.filter((edge) => edge.to === id && (edge.via.at(-1) ?? edge.from) === from);
  const sum = (of: (edge: EdgeReport) => number) => along.reduce((all, edge) => all + of(edge), 0);
  const way = along.every(({ mode }) => mode === "p2p") ? "P2P" : "hub";
  return `${way} ${
    end === undefined
      ? formatRate(sum(edgeRate))
      : formatCount(sum(({ delivered }) => delivered ?? 0))
  }`;
}
