import type { Place } from "./place.ts";

/** Names one object of a cluster. */
export interface ObjectName {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

/**
 * The id of an object's node, in the adapter's form, so that an adapter that comes later takes over
 * the very nodes: `region/name` for a HelmRelease of the one namespace, `region/Kind/name` for other
 * kinds, with the namespace before the name outside of it.
 */
export function objectId({ regionKey, namespace }: Place, object: ObjectName): string {
  const region = object.kind === "HelmRelease" ? regionKey : `${regionKey}/${object.kind}`;
  return object.namespace === namespace
    ? `${region}/${object.name}`
    : `${region}/${object.namespace}/${object.name}`;
}
