import type { HelmRelease, ReleaseRef } from "./helm_release.ts";

/**
 * Which dependencies a release waits for. The controller looks at them in order and names the first
 * that is not ready: `dependency 'ns/name' is not ready`, `… according to readyExpr eval` or
 * `unable to get 'ns/name' dependency: …`. A name that is not in `spec.dependsOn` is left over from
 * an older spec and does not count.
 */
export function blockedBy(
  { dependsOn }: Pick<HelmRelease, "dependsOn">,
  message: string,
): readonly ReleaseRef[] {
  // RFC 1123 names hold no quotes and no slashes.
  const named = /'([^'/]+)\/([^'/]+)'/.exec(message);
  if (named === null) return dependsOn.length === 1 ? dependsOn : [];
  const [, namespace, name] = named;
  return dependsOn.filter((entry) => entry.namespace === namespace && entry.name === name);
}
