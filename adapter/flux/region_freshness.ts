import type { FlowPart } from "../../client/outbox_part.ts";
import type { FlowState } from "../../contracts/fold.ts";
import { nodeKey } from "../../contracts/relationship_key.ts";
import type { RegionMap } from "./map_region.ts";
import { behind, latest, type Versions, versionsOf, withVersions } from "./region_versions.ts";

/** How a map compares with what the router has of its region. */
export type Comparison =
  /** The part as the router shall have it. */
  | { readonly part: FlowPart }
  /** The router's was made of newer knowledge: the keys of which it is, and its versions. */
  | { readonly behind: readonly string[]; readonly versions: Versions };

/**
 * Compares a map with what the router has of its region, by the resourceVersions that both were made
 * of. One that is equal in everything else takes the router's, so that two adapters that saw the
 * same in different portions have nothing to tell each other.
 *
 * @param known what the router has of the region
 */
export function compareWithRouter(map: RegionMap, known: FlowState): Comparison {
  const [region, ...others] = map.nodes;
  const versions = versionsOf(region && known.nodes.get(nodeKey(region)));
  const late = behind(map.complete, versions);
  if (late.length > 0) return { behind: late, versions };
  const ours = versionsOf(region);
  const merged = latest(Object.keys(map.complete), ours, versions);
  const isOurs = Object.keys(merged).every((key) => merged[key] === ours[key]);
  if (region === undefined || isOurs) return { part: map };
  const nodes = [withVersions(region, merged), ...others];
  return { part: { nodes, relationships: map.relationships } };
}
