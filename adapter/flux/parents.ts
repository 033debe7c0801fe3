import type { Kustomization } from "./kustomization.ts";

import { type IdSettings, nodeId } from "./node_id.ts";

/**
 * What each node is a part of: the Kustomization that applied it, or the region. A tree, whatever
 * the inventories say: Flux's own Kustomization applies itself, and two may claim the same object.
 *
 * @param kustomizations in a stable order; of two that claim the same object the first has it
 * @returns the parent's id by the child's id; the region for an id that is not in the map
 */
export function parentsOf(
  settings: IdSettings,
  kustomizations: readonly Kustomization[],
): ReadonlyMap<string, string> {
  const parents = new Map<string, string>();
  for (const parent of kustomizations) {
    const id = nodeId(settings, parent);
    for (const applied of parent.inventory) {
      const child = nodeId(settings, applied);
      if (!parents.has(child) && !isBelow(id, child, parents)) parents.set(child, id);
    }
  }
  return parents;
}

/** Whether `id` is `ancestor`, or a part of it. */
function isBelow(id: string, ancestor: string, parents: ReadonlyMap<string, string>): boolean {
  for (let at: string | undefined = id; at !== undefined; at = parents.get(at)) {
    if (at === ancestor) return true;
  }
  return false;
}
