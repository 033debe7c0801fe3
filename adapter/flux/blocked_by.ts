import type { FluxObject, ObjectRef } from "./flux_object.ts";

/**
 * Which dependencies an object waits for. The controllers look at them in order and name the first
 * that is not ready: `dependency 'ns/name' is not ready`, `… not found`, `… revision is not up to
 * date`, `… according to readyExpr eval` or `unable to get 'ns/name' dependency: …`. A name that is not in `spec.dependsOn` is left over from
 * an older spec and does not count.
 */
export function blockedBy(
  { dependsOn }: Pick<FluxObject, "dependsOn">,
  message: string,
): readonly ObjectRef[] {
  // RFC 1123 names hold no quotes and no slashes.
  const named = /'([^'/]+)\/([^'/]+)'/.exec(message);
  if (named === null) return dependsOn.length === 1 ? dependsOn : [];
  const [, namespace, name] = named;
  return dependsOn.filter((entry) => entry.namespace === namespace && entry.name === name);
}
