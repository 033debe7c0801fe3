import type { FlowState } from "../../../contracts/fold.ts";
import { type FlowGraph, flowGraph, type GraphNode } from "./flow_graph.ts";
import { criticalPath, type Neighbours, neighboursOf } from "./reach.ts";

/** With fewer done nodes than this, durations are no history but anecdotes. */
const LEAST_DONE = 3;
/** A run that takes longer than expected will take at least this share of its expectation more. */
const LEAST_LEFT = 0.1;

/** Between two estimates, in milliseconds. */
const PACE = 1_000;

/** The estimate of a flow, made anew at most once a second of the flow's time. */
export class Eta {
  #at = -Infinity;
  #eta: number | undefined;

  /**
   * @param failed how many nodes have failed
   * @param now Unix milliseconds
   */
  at(state: Readonly<FlowState>, failed: number, now: number): number | undefined {
    if (state.flow.endedAt !== undefined || failed > 0) return undefined;
    if (Math.abs(now - this.#at) < PACE) return this.#eta;
    this.#at = now;
    const graph = flowGraph(state, new Set());
    return this.#eta = etaOf(graph, neighboursOf(graph), now);
  }
}

/**
 * How long a rollout will go on, in milliseconds, judged by what of it is done: a node takes as long
 * as its namesake took elsewhere, or as the median of all. No schedule ends before its longest chain
 * of what is left does, nor before all that is left has passed through as many hands as have been at
 * work so far (Graham 1969, §II); the later of the two is the estimate.
 *
 * @param now Unix milliseconds
 * @returns undefined when nobody can tell: nothing is left, too little is done, or something has
 * failed or is suspended, so that it does not end by itself
 */
export function etaOf(graph: FlowGraph, near: Neighbours, now: number): number | undefined {
  const nodes = [...graph.nodes.values()].filter(({ node }) => node !== undefined);
  const stuck = nodes.some(({ row }) => row.phase === "failed" || row.suspended);
  const done = nodes.flatMap(({ row }) => {
    if (row.phase !== "succeeded" || row.startedAt === undefined || row.endedAt === undefined) {
      return [];
    }
    return [{ label: row.label, began: row.startedAt, took: row.endedAt - row.startedAt }];
  }).filter(({ took }) => took > 0);
  const left = nodes.filter(({ row }) => row.phase === "running" || row.phase === "pending");
  if (stuck || left.length === 0 || done.length < LEAST_DONE) return undefined;

  const usual = median(done.map(({ took }) => took));
  const namesakes = Map.groupBy(done, ({ label }) => label);
  const expected = ({ row }: GraphNode) =>
    median((namesakes.get(row.label) ?? []).map(({ took }) => took)) ?? usual ?? 0;
  const remaining = (node: GraphNode) => {
    const whole = expected(node);
    const { phase, startedAt } = node.row;
    if (phase === "pending") return whole;
    if (phase !== "running" || node.node === undefined) return 0;
    return Math.max(whole * LEAST_LEFT, whole - Math.max(0, now - (startedAt ?? now)));
  };
  const lefts = new Map(left.map((node) => [node.key, remaining(node)]));
  const weight = (key: string) => lefts.get(key) ?? 0;
  const chain = sum(criticalPath(graph, near, weight).map(weight));

  const running = left.flatMap(({ row }) => row.phase === "running" ? row.startedAt ?? [] : []);
  const first = [...done.map(({ began }) => began), ...running]
    .reduce((a, b) => Math.min(a, b), now);
  const worked = sum(done.map(({ took }) => took)) +
    sum(running.map((start) => Math.max(0, now - start)));
  const hands = Math.max(1, worked / Math.max(1, now - first));
  return Math.max(chain, sum([...lefts.values()]) / hands);
}

function median(values: readonly number[]): number | undefined {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}
