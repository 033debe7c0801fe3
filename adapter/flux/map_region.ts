import type { FlowInstance, FlowNode, Relationship } from "../../contracts/flow.ts";
import type { NamespaceFilter, StatusMapping } from "../config.ts";
import { flowOf } from "./flow_object.ts";
import type { HelmChart } from "./helm_chart.ts";
import { type HelmRelease, releaseKey } from "./helm_release.ts";
import { nodeId } from "./node_id.ts";
import { regionNode } from "./region_node.ts";
import { releaseNode, releaseRelationships } from "./release_node.ts";
import { type ReleaseStatus, releaseStatus } from "./status.ts";

/** Where the objects of one cluster appear. */
export interface RegionSettings {
  readonly flowId: string;
  readonly regionKey: string;
  readonly namespaces: NamespaceFilter;
  readonly statusMapping: StatusMapping;
}

/** The objects of one cluster. */
export interface RegionObjects {
  readonly releases: Iterable<HelmRelease>;
  readonly charts: Iterable<HelmChart>;
}

/** What was made of a release, and of what. */
export interface MappedRelease {
  readonly release: HelmRelease;
  readonly chart: HelmChart | undefined;
  readonly status: ReleaseStatus;
  readonly node: FlowNode;
}

/** The part of the flow that one cluster is answerable for. */
export interface RegionMap {
  /** The flow as far as this region alone tells. */
  readonly flow: FlowInstance;
  /** The region and its releases, by id. */
  readonly nodes: readonly FlowNode[];
  readonly relationships: readonly Relationship[];
  /** By node id: to be passed in again with the next objects. */
  readonly releases: ReadonlyMap<string, MappedRelease>;
}

/**
 * Maps the objects of one cluster to its part of the flow. Pure: the same objects in whatever order
 * give the same map, apart from what `previous` holds steady.
 *
 * @param previous what the same settings made of the releases before, by node id; what has not
 *   changed since is taken over as it is
 */
export function mapRegion(
  { releases, charts }: RegionObjects,
  settings: RegionSettings,
  previous: ReadonlyMap<string, MappedRelease> = new Map(),
): RegionMap {
  const byId = new Map<string, HelmRelease>();
  for (const release of releases) byId.set(nodeId(settings, release), release);
  const chartsByKey = new Map<string, HelmChart>();
  for (const chart of charts) chartsByKey.set(releaseKey(chart), chart);

  const nodes: FlowNode[] = [];
  const relationships: Relationship[] = [];
  const mapped = new Map<string, MappedRelease>();
  for (const [id, release] of [...byId].sort(([a], [b]) => a < b ? -1 : 1)) {
    const { source } = release;
    const chart = source.kind === "HelmChart" ? chartsByKey.get(releaseKey(source)) : undefined;
    const entry = mapRelease(release, chart, settings, previous.get(id));
    mapped.set(id, entry);
    nodes.push(entry.node);
    relationships.push(...releaseRelationships(settings, release, (from) => byId.has(from)));
  }
  const region = regionNode(settings, [...byId.values()], nodes);
  return {
    flow: flowOf(settings.flowId, [region]),
    nodes: [region, ...nodes],
    relationships,
    releases: mapped,
  };
}

function mapRelease(
  release: HelmRelease,
  chart: HelmChart | undefined,
  settings: RegionSettings,
  before: MappedRelease | undefined,
): MappedRelease {
  if (before?.release === release && before.chart === chart) return before;
  // An object of the same name that was made anew has no past.
  const isSame = before?.release.uid === release.uid;
  const status = releaseStatus(
    release,
    settings.statusMapping,
    isSame ? { generation: before.release.generation, status: before.status } : undefined,
  );
  return { release, chart, status, node: releaseNode(settings, release, status, chart) };
}
