import type { FlowNode } from "../contracts/flow.ts";
import type { FlowState } from "../contracts/fold.ts";

const BAR_WIDTH = 28;

/** One line a region: a bar and the counts, the failed by name. */
export function progressLines(state: Readonly<FlowState>): string[] {
  const regions = Map.groupBy(
    [...state.nodes.values()].filter(({ family }) => family !== "region"),
    ({ region }) => region ?? "",
  );
  return [...regions.keys()].sort().map((region) => regionLine(region, regions.get(region)!));
}

function regionLine(region: string, nodes: readonly FlowNode[]): string {
  const count = (status: string) => nodes.filter((node) => node.status === status).length;
  const done = count("succeeded");
  const filled = Math.round(BAR_WIDTH * done / nodes.length);
  const bar = "█".repeat(filled) + "░".repeat(BAR_WIDTH - filled);
  const failed = nodes.filter(({ status }) => status === "failed").map(({ label }) => label).sort();
  return [
    `${region.padEnd(8)} ${bar} ${String(done).padStart(2)}/${nodes.length} done`,
    `${count("running")} running`,
    `${count("pending")} waiting`,
    ...(failed.length > 0 ? [`${failed.length} failed: ${failed.join(", ")}`] : []),
  ].join(", ");
}
