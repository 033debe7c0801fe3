import type { FlowInstance, FlowNode, Relationship } from "../../contracts/flow.ts";
import { sameJson } from "../../client/same_json.ts";
import type { StatusMapping } from "../config.ts";
import { flowOf } from "./flow_object.ts";
import { type KindRef, refKey } from "./flux_object.ts";
import type { HelmChart } from "./helm_chart.ts";
import type { HelmRelease } from "./helm_release.ts";
import type { Kustomization } from "./kustomization.ts";
import { kustomizationNode } from "./kustomization_node.ts";
import { kustomizationStatus } from "./kustomization_status.ts";
import { nodeId } from "./node_id.ts";
import { type NodeSettings, objectRelationships } from "./object_node.ts";
import type { ObjectStatus, PreviousStatus } from "./object_status.ts";
import { parentsOf } from "./parents.ts";
import { regionNode } from "./region_node.ts";
import { type Knowledge, type Versions, withVersions } from "./region_versions.ts";
import { originOf, releaseNode } from "./release_node.ts";
import type { Source } from "./source.ts";
import { sourceNode } from "./source_node.ts";
import { sourceStatus } from "./source_status.ts";
import { releaseStatus } from "./status.ts";

/** Where the objects of one cluster appear. */
export interface RegionSettings extends NodeSettings {
  readonly statusMapping: StatusMapping;
}

/** The objects of one cluster. */
export interface RegionObjects {
  readonly releases: Iterable<HelmRelease>;
  readonly charts: Iterable<HelmChart>;
  readonly kustomizations?: Iterable<Kustomization>;
  readonly sources?: Iterable<Source>;
  /** What the objects are the state of; absent where nobody compares. */
  readonly knowledge?: Knowledge;
}

/** Whatever becomes a node. */
export type AnyObject = HelmRelease | Kustomization | Source;

/** What was made of an object, and of what. */
export interface MappedObject {
  readonly object: AnyObject;
  /** Of a release: the chart that says more about it. */
  readonly chart?: HelmChart | undefined;
  /** What it takes its artifact from. */
  readonly source: KindRef | undefined;
  readonly status: ObjectStatus;
  readonly node: FlowNode;
}

/** The part of the flow that one cluster is answerable for. */
export interface RegionMap {
  /** The flow as far as this region alone tells. */
  readonly flow: FlowInstance;
  /** The region and its objects, by id. */
  readonly nodes: readonly FlowNode[];
  readonly relationships: readonly Relationship[];
  /** By node id. */
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
 *   taken over as it is
 */
export function mapRegion(
  { releases, charts, kustomizations = [], sources = [], knowledge = NOTHING }: RegionObjects,
  settings: RegionSettings,
  previous?: RegionMap,
): RegionMap {
  const chartsByKey = new Map<string, HelmChart>();
  for (const chart of charts) chartsByKey.set(refKey(chart), chart);
  const mapped: [string, MappedObject][] = [];
  for (const object of releases) {
    const { source } = object;
    const chart = source.kind === "HelmChart" ? chartsByKey.get(refKey(source)) : undefined;
    mapped.push(mapObject(object, settings, previous?.mapped, chart));
  }
  for (const object of [...kustomizations, ...sources]) {
    mapped.push(mapObject(object, settings, previous?.mapped));
  }
  mapped.sort(([a], [b]) => a < b ? -1 : 1);
  const byId = new Map(mapped);

  const parents = parentsOf(
    settings,
    mapped.flatMap(([, { object }]) => object.kind === "Kustomization" ? [object] : []),
  );
  const nodes: FlowNode[] = [];
  const relationships: Relationship[] = [];
  for (const [id, { object, source, node }] of mapped) {
    const parent = parents.get(id) ?? settings.regionKey;
    nodes.push(node);
    relationships.push(
      ...objectRelationships(settings, object, source, parent, (from) => byId.has(from)),
    );
  }
  const bare = regionNode(settings, mapped.map(([, { object }]) => object), nodes);
  const isSame = previous !== undefined && isSameContent(previous, nodes, relationships) &&
    sameJson(bare, withVersions(previous.nodes[0] ?? bare, {}));
  const region = isSame && previous.nodes[0] !== undefined
    ? previous.nodes[0]
    : withVersions(bare, knowledge.told);
  return {
    flow: flowOf(settings.flowId, [region]),
    nodes: [region, ...nodes],
    relationships: isSame ? previous.relationships : relationships,
    mapped: byId,
    complete: knowledge.complete,
  };
}

const NOTHING: Knowledge = { complete: {}, told: {} };

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

function mapObject(
  object: AnyObject,
  settings: RegionSettings,
  all: ReadonlyMap<string, MappedObject> | undefined,
  chart?: HelmChart,
): [string, MappedObject] {
  const id = nodeId(settings, object);
  const before = all?.get(id);
  if (before?.object === object && before.chart === chart) return [id, before];
  // An object of the same name that was made anew has no past.
  const isSame = before !== undefined && before.object.uid === object.uid;
  const previous = isSame
    ? { generation: before.object.generation, status: before.status }
    : undefined;
  const rendered = render(object, settings, previous, chart);
  const node = sameJson(rendered.node, before?.node) && before ? before.node : rendered.node;
  return [id, { object, chart, ...rendered, node }];
}

function render(
  object: AnyObject,
  settings: RegionSettings,
  previous: PreviousStatus | undefined,
  chart: HelmChart | undefined,
): Pick<MappedObject, "source" | "status" | "node"> {
  switch (object.kind) {
    case "HelmRelease": {
      const status = releaseStatus(object, settings.statusMapping, previous);
      const node = releaseNode(settings, object, status, chart);
      return { source: originOf(object, chart), status, node };
    }
    case "Kustomization": {
      const status = kustomizationStatus(object, previous);
      return { source: object.source, status, node: kustomizationNode(settings, object, status) };
    }
    default: {
      const status = sourceStatus(object);
      return { source: undefined, status, node: sourceNode(settings, object, status) };
    }
  }
}
