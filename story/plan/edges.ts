import type { ExpressionEngine } from "../../hub/expression/engine.ts";
import { candidates, follows } from "../../hub/routing/story_graph.ts";
import { StoryRouter } from "../../hub/routing/story_router.ts";
import type { Edge } from "./edge.ts";
import type { PlannedStep } from "./run_plan.ts";

/**
 * The ways from engram to engram. A P2P step has one; the others' are what the hub's own router
 * finds.
 *
 * @param inputs `inputs.*` of expressions
 */
export function edgesOf(
  steps: readonly PlannedStep[],
  engine: ExpressionEngine,
  inputs: Readonly<Record<string, unknown>>,
): Edge[] {
  const router = new StoryRouter(steps, engine, inputs);
  return steps.filter(({ isPrimitive }) => !isPrimitive).flatMap((step): Edge[] => {
    const { id: from, topology: { mode, why, downstream } } = step;
    if (mode === "p2p") {
      return downstream.map((to) => ({ from, to, mode, why, via: [], isConditional: false }));
    }
    const plain = router.fixed(from)?.flatMap((action) =>
      action.kind === "send" ? [{ to: action.step, via: [] as string[] }] : []
    );
    return (plain ?? reachable(steps, from)).map(({ to, via }) => ({
      from,
      to,
      mode,
      // Steps without `needs` follow the earlier ones, which the topology does not look at.
      why: downstream.length === 0
        ? "what follows it names no needs, which only the hub knows"
        : why,
      via,
      isConditional: plain === undefined,
    }));
  });
}

/** What a packet of a step may reach, and through which primitives. */
function reachable(
  steps: readonly PlannedStep[],
  from: string,
): { to: string; via: string[] }[] {
  const ways = new Map<string, string[]>([[from, []]]);
  const found: { to: string; via: string[] }[] = [];
  for (const target of candidates(steps, from)) {
    if (!follows(target, ways)) continue;
    const via = target.needs.map((need) => ways.get(need)).find((way) => way !== undefined) ?? [];
    if (target.isPrimitive) ways.set(target.id, [...via, target.id]);
    else found.push({ to: target.id, via });
  }
  return found;
}
