import type { GraphStep } from "../../hub/routing/story_graph.ts";

/** The first cycle of `needs`, as the ids along it, ending where it began; undefined without one. */
export function findCycle(
  graph: readonly Pick<GraphStep, "id" | "needs">[],
): string[] | undefined {
  const needs = new Map(graph.map((step) => [step.id, step.needs]));
  const finished = new Set<string>();
  const search = (id: string, way: readonly string[]): string[] | undefined => {
    if (way.includes(id)) return [...way.slice(way.indexOf(id)), id];
    if (finished.has(id)) return undefined;
    for (const need of needs.get(id) ?? []) {
      const found = search(need, [...way, id]);
      if (found !== undefined) return found;
    }
    finished.add(id);
    return undefined;
  };
  for (const { id } of graph) {
    const found = search(id, []);
    // Packets run from what is needed to what needs it.
    if (found !== undefined) return found.reverse();
  }
  return undefined;
}
