import { sameJson } from "../../client/same_json.ts";
import type { FlowInstance, FlowNode, Relationship } from "../../contracts/flow.ts";
import { flowOf } from "./flow_object.ts";
import { refKey } from "./flux_object.ts";
import type { HelmChart } from "./helm_chart.ts";
import type { HelmRelease } from "./helm_release.ts";
import type { Kustomization } from "./kustomization.ts";
import {
  type MappedObject,
  type RegionSettings,
  type RenderedObject,
  renderObject,
} from "./map_object.ts";
import { nodeId } from "./node_id.ts";
import { objectRelationships } from "./object_node.ts";
import { parentsOf } from "./parents.ts";
import { regionNode } from "./region_node.ts";
import { type Knowledge, type Versions, withVersions } from "./region_versions.ts";
import type { Source } from "./source.ts";

export type { MappedObject, RegionSettings } from "./map_object.ts";

/** The objects of one cluster. */
export interface RegionObjects {
  readonly releases: Iterable<HelmRelease>;
  readonly charts: Iterable<HelmChart>;
  readonly kustomizations?: Iterable<Kustomization>;
  readonly sources?: Iterable<Source>;
  /** What the objects are the state of; absent where nobody compares. */
  readonly knowledge?: Knowledge;
}

/** The part of the flow that one cluster is answerable for. */
export interface RegionMap {
  /** The flow as far as this region alone tells. */
  readonly flow: FlowInstance;
  /** The region and its objects, by id. */
  readonly nodes: readonly FlowNode[];
  readonly relationships: readonly Relationship[];
  /** By node id, in the order of the ids. */
  readonly mapped: ReadonlyMap<string, MappedObject>;
  /** Nothing that happened up to here is missing. */
  readonly complete: Versions;
}

/**
 * Maps the objects of one cluster to its part of the flow. Pure: the same objects in whatever order
 * give the same map, apart from what `previous` holds steady.
 *
 * The region says of which resourceVersions it was made (`meta.resourceVersions`). They move only when
 * something else does: a status that is written anew and says the same is no news to anybody.
 *
 * @param previous what the same settings made of the objects before; what has not changed since is
 *   taken over as it is, so that a map of thousands costs little after the first
 */
export function mapRegion(
  objects: RegionObjects,
  settings: RegionSettings,
  previous?: RegionMap,
): RegionMap {
  const rendered = renderAll(objects, settings, previous);
  const mapped = place(rendered, settings, previous);
  const nodes: FlowNode[] = [];
  const relationships: Relationship[] = [];
  for (const { node, edges } of mapped.values()) {
    nodes.push(node);
    for (const edge of edges) relationships.push(edge);
  }
  const { complete, told } = objects.knowledge ?? NOTHING;
  const bare = regionNode(settings, [...rendered.values()].map(({ object }) => object), nodes);
  const before = previous?.nodes[0];
  const isSame = previous !== undefined && before !== undefined &&
    isSameContent(previous, nodes, relationships) && sameJson(bare, withVersions(before, {}));
  const region = isSame ? before : withVersions(bare, told);
  return {
    flow: flowOf(settings.flowId, [region]),
    nodes: isSame ? previous.nodes : [region, ...nodes],
    relationships: isSame ? previous.relationships : relationships,
    mapped,
    complete,
  };
}

const NOTHING: Knowledge = { complete: {}, told: {} };

function renderAll(
  { releases, charts, kustomizations = [], sources = [] }: RegionObjects,
  settings: RegionSettings,
  previous: RegionMap | undefined,
): ReadonlyMap<string, RenderedObject> {
  const chartsByKey = new Map<string, HelmChart>();
  for (const chart of charts) chartsByKey.set(refKey(chart), chart);
  const rendered = new Map<string, RenderedObject>();
  for (const object of releases) {
    const { source } = object;
    const chart = source.kind === "HelmChart" ? chartsByKey.get(refKey(source)) : undefined;
    const id = nodeId(settings, object);
    rendered.set(id, renderObject(object, chart, settings, previous?.mapped.get(id)));
  }
  for (const object of [...kustomizations, ...sources]) {
    const id = nodeId(settings, object);
    rendered.set(id, renderObject(object, undefined, settings, previous?.mapped.get(id)));
  }
  return rendered;
}

/** Puts the objects in order and draws their edges, those of unchanged ones only when that is due. */
function place(
  rendered: ReadonlyMap<string, RenderedObject>,
  settings: RegionSettings,
  previous: RegionMap | undefined,
): ReadonlyMap<string, MappedObject> {
  // An edge depends on its two ends and on which nodes there are.
  const before = previous !== undefined && isSameSet(rendered, previous.mapped)
    ? previous.mapped
    : undefined;
  const ids = before === undefined ? [...rendered.keys()].sort() : [...before.keys()];
  const parents = parentsOf(settings, ids.flatMap((id) => kustomizationOf(rendered.get(id))));
  const exists = (id: string) => rendered.has(id);
  const mapped = new Map<string, MappedObject>();
  for (const id of ids) {
    const one = rendered.get(id);
    if (one === undefined) continue;
    const drawn = before?.get(id);
    const parent = parents.get(id) ?? settings.regionKey;
    if (drawn !== undefined && drawn === one && drawn.edges[0]?.toId === parent) {
      mapped.set(id, drawn);
      continue;
    }
    const edges = objectRelationships(settings, one.object, one.source, parent, exists);
    const isSame = drawn !== undefined && sameJson(edges, drawn.edges);
    mapped.set(id, { ...one, edges: isSame ? drawn.edges : edges });
  }
  return mapped;
}

function kustomizationOf(rendered: RenderedObject | undefined): Kustomization[] {
  return rendered?.object.kind === "Kustomization" ? [rendered.object] : [];
}

function isSameSet(
  one: ReadonlyMap<string, unknown>,
  other: ReadonlyMap<string, unknown>,
): boolean {
  if (one.size !== other.size) return false;
  for (const id of one.keys()) if (!other.has(id)) return false;
  return true;
}

/** Whether two maps show the same objects; a node that says the same is the same node. */
function isSameContent(
  previous: RegionMap,
  nodes: readonly FlowNode[],
  relationships: readonly Relationship[],
): boolean {
  return previous.nodes.length === nodes.length + 1 &&
    nodes.every((node, i) => node === previous.nodes[i + 1]) &&
    sameJson(relationships, previous.relationships);
}
