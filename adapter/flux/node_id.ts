import type { NamespaceFilter } from "../config.ts";
import type { KindRef } from "./flux_object.ts";

/** What the ids of a region depend on. */
export interface IdSettings {
  readonly regionKey: string;
  readonly namespaces: NamespaceFilter;
}

/**
 * The id of a release: `region/name`, as in the original, for releases of the one namespace that is
 * watched; `region/namespace/name` for all others, because names repeat from namespace to namespace.
 * Objects of other kinds have their kind after the region: `region/Kustomization/name`.
 *
 * No two objects share an id: no part holds a slash, and no namespace begins with a capital, as
 * every kind does.
 */
export function nodeId({ regionKey, namespaces }: IdSettings, object: KindRef): string {
  const { kind, namespace, name } = object;
  const region = kind === "HelmRelease" ? regionKey : `${regionKey}/${kind}`;
  return namespaces !== "all" && namespaces.length === 1 && namespaces[0] === namespace
    ? `${region}/${name}`
    : `${region}/${namespace}/${name}`;
}
