import type { FlowState } from "../../../contracts/fold.ts";
import { nodeKey } from "../../../contracts/relationship_key.ts";
import { countPhases, type Counts } from "./counts.ts";
import { formatAgo, formatDuration } from "./duration.ts";
import type { FlowSummary } from "./flow_summary.ts";
import { type Phase, phaseOf } from "./phase.ts";
import { regionText } from "./summary_text.ts";

/** What the list says of one flow. Times are Unix milliseconds. */
export interface FlowCard {
  readonly id: string;
  readonly status: string;
  readonly phase: Phase;
  readonly nodes: number;
  readonly startedAt: number | undefined;
  readonly endedAt: number | undefined;
  /** Absent when nothing is known of its nodes but how many there are. */
  readonly counts?: Counts;
  readonly regions?: readonly string[];
}

/** The card of a flow that is being followed. A node that stands for its region is none of those. */
export function cardOf({ flowId, flow, nodes }: Readonly<FlowState>): FlowCard {
  const regions = new Set<string>();
  for (const { region } of nodes.values()) if (region) regions.add(region);
  const own = [...nodes.values()].filter(({ id, region, family }) =>
    region === undefined ? family !== "region" && !regions.has(id) : region !== id
  );
  const counts = countPhases(own.map(({ status }) => ({ phase: phaseOf(status) })));
  const labels = [...regions].sort()
    .map((id) => nodes.get(nodeKey({ flowId, id }))?.label || id);
  return {
    id: flowId,
    status: flow.status,
    phase: phaseOf(flow.status),
    nodes: own.length,
    // A flow that nobody has described yet starts at 0.
    startedAt: flow.startedAt || undefined,
    endedAt: flow.endedAt,
    counts,
    regions: labels,
  };
}

/** The card of a flow of which only the router's summary is known. */
export function cardOfSummary(summary: FlowSummary): FlowCard {
  const { id, status, phase, nodes, startedAt, endedAt } = summary;
  return { id, status, phase, nodes, startedAt, endedAt };
}

/** What started last comes first, and stays where it is. */
export function byStart(a: FlowCard, b: FlowCard): number {
  return (b.startedAt ?? 0) - (a.startedAt ?? 0) || (a.id < b.id ? -1 : 1);
}

/** Most regions that are told by name. */
const NAMED = 4;

export function regionsText({ regions = [] }: FlowCard): string {
  const more = regions.length - NAMED;
  if (more <= 1) return regions.join(" · ");
  return [...regions.slice(0, NAMED), `${more} more`].join(" · ");
}

export function progressText({ counts, nodes }: FlowCard): string {
  if (nodes === 0) return "No nodes yet";
  return counts === undefined ? `${nodes} node${nodes === 1 ? "" : "s"}` : regionText(counts);
}

/** How long it has been going on, or how long it took and when that was. */
export function ageText({ startedAt, endedAt }: FlowCard, now: number): string {
  if (startedAt === undefined) return "";
  if (endedAt === undefined) return `for ${formatDuration(now - startedAt)}`;
  return `took ${formatDuration(endedAt - startedAt)}, ${formatAgo(now - endedAt)} ago`;
}
