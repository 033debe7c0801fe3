import type { NamespaceFilter } from "../config.ts";
import type { ReleaseRef } from "./helm_release.ts";

/** What the ids of a region depend on. */
export interface IdSettings {
  readonly regionKey: string;
  readonly namespaces: NamespaceFilter;
}

/**
 * The id of a release: `region/name`, as in the original, for releases of the one namespace that is
 * watched; `region/namespace/name` for all others, because names repeat from namespace to namespace.
 * No two releases share an id: neither part holds a slash.
 */
export function nodeId({ regionKey, namespaces }: IdSettings, release: ReleaseRef): string {
  const { namespace, name } = release;
  return namespaces !== "all" && namespaces.length === 1 && namespaces[0] === namespace
    ? `${regionKey}/${name}`
    : `${regionKey}/${namespace}/${name}`;
}
