import { ContractError } from "../../contracts/contract_error.ts";
import { ANNOTATIONS } from "../../contracts/transport/names.ts";
import { stepId, type StoryStep } from "../../contracts/transport/story.ts";
import { type StepTopology, storyTopology } from "../../contracts/transport/topology.ts";
import { type ExpressionEngine, RUNTIME_SCOPE, STATIC_SCOPE } from "../../hub/expression/engine.ts";
import { REALTIME_PRIMITIVES } from "../../hub/primitives/primitive.ts";
import { type GraphStep, type StoryGraph, storyGraph } from "../../hub/routing/story_graph.ts";
import type { LocalEngram } from "../document/engram.ts";
import type { StoryFile } from "../document/story_file.ts";
import { findCycle } from "./cycle.ts";
import type { Edge } from "./edge.ts";
import { edgesOf } from "./edges.ts";

/** One step of the run. */
export interface PlannedStep extends GraphStep {
  readonly topology: StepTopology;
  /** Absent for a primitive, which the hub executes. */
  readonly engram?: LocalEngram;
  readonly engramName?: string;
}

/** What is to be run. */
export interface LocalPlan {
  readonly file: StoryFile;
  readonly namespace: string;
  readonly storyRun: string;
  readonly steps: readonly PlannedStep[];
  /** The ways that packets take, from engram to engram. */
  readonly edges: readonly Edge[];
  /** What the story asks for and this version of the hub does not do. */
  readonly warnings: readonly string[];
}

/** Fields of a step that mean something here; another one is most likely a slip. */
const STEP_FIELDS = new Set([
  "name",
  "id",
  "type",
  "ref",
  "needs",
  "if",
  "transport",
  "with",
  "runtime",
  "execution",
]);

/**
 * Works out what a file asks for.
 *
 * @throws {StoryError} naming the line and field that cannot be run here
 */
export function planLocalRun(file: StoryFile, engine: ExpressionEngine): LocalPlan {
  const { story, run } = file;
  const { spec, metadata } = story;
  if (spec.pattern !== "realtime") {
    throw file.fault(["spec", "pattern"], "must be realtime: batch stories have no packets");
  }
  const transport = metadata.annotations?.[ANNOTATIONS.transport] ?? "grpc";
  if (transport !== "grpc") {
    throw file.fault(
      ["metadata", "annotations", ANNOTATIONS.transport],
      `only grpc is known, not ${JSON.stringify(transport)}`,
    );
  }
  const graph = graphOf(file);
  for (const [index, step] of graph.entries()) checkStep(file, engine, graph, step, index);
  const cycle = findCycle(graph);
  if (cycle !== undefined) {
    const at = graph.findIndex(({ id }) => id === cycle[0]);
    throw file.fault(["spec", "steps", at, "needs"], `is a cycle: ${cycle.join(" → ")}`);
  }
  const modes = new Map(graph.map(({ id, settings }) => [id, settings.routing?.mode]));
  const topology = storyTopology(spec.steps, (step) => modes.get(stepId(step)));
  const steps = graph.map((step, index): PlannedStep => {
    const of = topology[index];
    if (of === undefined) throw new TypeError("a topology has an entry for each step");
    const name = step.step.ref?.name;
    const engram = name === undefined ? undefined : file.engrams.get(name);
    return {
      ...step,
      topology: of,
      ...(engram === undefined || name === undefined ? {} : { engram, engramName: name }),
    };
  });
  const edges = edgesOf(steps, engine, run.spec.inputs ?? {});
  checkNeeds(file, steps, edges);
  checkSamples(file, steps, edges);
  return {
    file,
    namespace: run.metadata.namespace ?? metadata.namespace ?? "default",
    storyRun: run.metadata.name,
    steps,
    edges,
    warnings: [...new Set(steps.flatMap(warningsOf))],
  };
}

function graphOf(file: StoryFile): StoryGraph {
  try {
    return storyGraph(file.story.spec, specsOf(file));
  } catch (error) {
    if (error instanceof ContractError) throw file.fault(["spec", "transports"], error.message);
    throw error;
  }
}

function specsOf({ transports }: StoryFile) {
  return new Map([...transports].map(([name, { spec }]) => [name, spec]));
}

function checkStep(
  file: StoryFile,
  engine: ExpressionEngine,
  graph: StoryGraph,
  { step, needs, isPrimitive }: GraphStep,
  index: number,
): void {
  const path = ["spec", "steps", index];
  for (const field of Object.keys(step)) {
    if (STEP_FIELDS.has(field)) continue;
    throw file.fault(
      [...path, field],
      `is no field that a realtime step has here; there are ${[...STEP_FIELDS].join(", ")}`,
    );
  }
  if (isPrimitive) checkPrimitive(file, step, path);
  else {
    if (!file.engrams.has(step.ref?.name ?? "")) {
      throw file.fault(
        [...path, "ref", "name"],
        `there is no Engram "${step.ref?.name}" in this file${namesOf([...file.engrams.keys()])}`,
      );
    }
    checkTransport(file, step, path);
  }
  for (const [at, need] of needs.entries()) {
    if (graph.some(({ id }) => id === need)) continue;
    throw file.fault(
      [...path, "needs", at],
      `there is no step "${need}"${namesOf(graph.map(({ id }) => id))}`,
    );
  }
  const faults = [
    ...engine.validate(step.if ?? "", RUNTIME_SCOPE, "if"),
    ...engine.validate(step.with ?? {}, isPrimitive ? RUNTIME_SCOPE : STATIC_SCOPE, "with"),
    ...engine.validate(step.runtime ?? {}, RUNTIME_SCOPE, "runtime"),
  ];
  const [fault] = faults;
  if (fault !== undefined) throw file.fault([...path, /^\w+/.exec(fault)?.[0] ?? ""], fault);
}

function checkPrimitive(file: StoryFile, { type = "" }: StoryStep, path: PropertyKey[]): void {
  if (type === "executeStory") {
    throw file.fault([...path, "type"], "executeStory starts a StoryRun, which needs a cluster");
  }
  if (REALTIME_PRIMITIVES.has(type)) return;
  throw file.fault(
    [...path, "type"],
    `there is no primitive "${type}" for realtime stories${namesOf([...REALTIME_PRIMITIVES])}`,
  );
}

function checkTransport(file: StoryFile, { transport }: StoryStep, path: PropertyKey[]): void {
  const declared = file.story.spec.transports.map(({ name }) => name);
  if (transport === undefined) {
    throw file.fault(path, `an engram needs a transport${namesOf(declared)}`);
  }
  if (declared.includes(transport)) return;
  throw file.fault(
    [...path, "transport"],
    `spec.transports does not declare "${transport}"${namesOf(declared)}`,
  );
}

/** The hub knows order and transports: a need that it never serves is a story gone wrong. */
function checkNeeds(file: StoryFile, steps: readonly PlannedStep[], edges: readonly Edge[]) {
  for (const [index, { id, needs, isPrimitive }] of steps.entries()) {
    if (isPrimitive) continue;
    for (const [at, need] of needs.entries()) {
      const needed = steps.find((step) => step.id === need);
      if (needed?.isPrimitive !== false) continue;
      if (edges.some(({ from, to }) => from === need && to === id)) continue;
      throw file.fault(
        ["spec", "steps", index, "needs", at],
        `no packet comes from "${need}": a step gets packets of earlier steps of its own transport`,
      );
    }
  }
}

/** A generator reads nothing and a sink sends nothing: an edge there is a story gone wrong. */
function checkSamples(file: StoryFile, steps: readonly PlannedStep[], edges: readonly Edge[]) {
  for (const [index, { id, engram }] of steps.entries()) {
    if (engram?.kind !== "sample") continue;
    const { template } = engram.sample;
    const into = edges.find(({ to }) => to === id);
    if (template === "headrace-generator" && into !== undefined) {
      throw file.fault(
        ["spec", "steps", index],
        `a generator takes no packets, but "${into.from}" sends to it: a step without needs ` +
          "follows every earlier step of its transport",
      );
    }
    if (template === "headrace-sink" && edges.some(({ from }) => from === id)) {
      const next = edges.find(({ from }) => from === id)?.to;
      throw file.fault(["spec", "steps", index], `a sink sends nothing, but "${next}" follows it`);
    }
  }
}

function warningsOf({ id, settings }: PlannedStep): string[] {
  const { delivery, recording } = settings;
  return [
    ...(delivery?.replay?.mode === "durable"
      ? [`step ${id}: durable replay is not there yet; packets are replayed from memory`]
      : []),
    ...((recording?.mode ?? "off") === "off"
      ? []
      : [`step ${id}: recording is not there yet; nothing is recorded`]),
  ];
}

function namesOf(names: readonly string[]): string {
  return names.length === 0 ? "; there are none" : `; there are ${names.join(", ")}`;
}
