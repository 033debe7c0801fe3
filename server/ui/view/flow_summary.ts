import { type Phase, phaseOf } from "./phase.ts";

/** One line of the list of flows. Times are Unix milliseconds. */
export interface FlowSummary {
  readonly id: string;
  readonly status: string;
  readonly phase: Phase;
  readonly nodes: number;
  readonly startedAt: number | undefined;
  readonly endedAt: number | undefined;
  readonly updatedAt: number | undefined;
}

/**
 * Reads the answer of `GET /v1/flows`; what started last comes first, and stays where it is.
 *
 * @returns undefined when it is no such answer
 */
export function readFlowList(value: unknown): FlowSummary[] | undefined {
  if (!isObject(value) || !Array.isArray(value["flows"])) return undefined;
  return value["flows"].filter((flow) => isObject(flow) && typeof flow["id"] === "string")
    .map(({ id, status, nodes, startedAt, endedAt, updatedAt }) => ({
      id,
      status: typeof status === "string" ? status : "",
      phase: phaseOf(status),
      nodes: typeof nodes === "number" ? nodes : 0,
      // A flow that nobody has described yet starts at 0.
      startedAt: time(startedAt) || undefined,
      endedAt: time(endedAt),
      updatedAt: time(updatedAt),
    }))
    .sort((a, b) => (b.startedAt ?? 0) - (a.startedAt ?? 0) || (a.id < b.id ? -1 : 1));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function time(value: unknown): number | undefined {
  return typeof value === "number" ? value : undefined;
}
