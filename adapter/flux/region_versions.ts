import type { FlowNode } from "../../contracts/flow.ts";
import { compareResourceVersions } from "../../kube/resources.ts";

/**
 * resourceVersions by what was listed: `HelmRelease/flux-system`, or `HelmRelease` for all
 * namespaces. Those of one key can be compared, as long as the cluster keeps its etcd.
 */
export type Versions = Readonly<Record<string, string>>;

/** How much an adapter knows of its cluster. */
export interface Knowledge {
  /** Nothing that happened up to here is missing. */
  readonly complete: Versions;
  /** The latest change that was heard of. */
  readonly told: Versions;
}

/** What a region node was made of, as its `meta.resourceVersions` says. */
export function versionsOf(region: FlowNode | undefined): Versions {
  const versions = region?.meta?.["resourceVersions"];
  if (typeof versions !== "object" || versions === null) return {};
  return Object.fromEntries(
    Object.entries(versions).filter(([, version]) => typeof version === "string"),
  );
}

/** The same region node, made of other versions. */
export function withVersions(region: FlowNode, versions: Versions): FlowNode {
  const { resourceVersions: _, ...meta } = region.meta ?? {};
  const isKnown = Object.keys(versions).length > 0;
  return {
    ...region,
    meta: { ...meta, ...(isKnown ? { resourceVersions: sorted(versions) } : {}) },
  };
}

/** In the order of the keys, so that equal versions are equal text. */
function sorted(versions: Versions): Versions {
  return latest(Object.keys(versions), versions, {});
}

/** The keys of which `known` is from a later time than `complete`. What only one has says nothing. */
export function behind(complete: Versions, known: Versions): string[] {
  return Object.keys(complete).filter((key) => isLater(known[key], complete[key]));
}

/** Of each of these keys the later of two versions. */
export function latest(keys: Iterable<string>, one: Versions, other: Versions): Versions {
  const versions: Record<string, string> = {};
  for (const key of [...keys].sort()) {
    const version = isLater(other[key], one[key]) ? other[key] : one[key] ?? other[key];
    if (version !== undefined) versions[key] = version;
  }
  return versions;
}

function isLater(a: string | undefined, b: string | undefined): boolean {
  return a !== undefined && b !== undefined && (compareResourceVersions(a, b) ?? 0) > 0;
}
