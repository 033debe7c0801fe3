import type { Clock } from "../contracts/clock.ts";
import type { KubeFetch } from "./client.ts";
import { Deadline } from "./deadline.ts";
import { asKubeError, KubeError } from "./errors.ts";
import type { GroupVersionResource } from "./resources.ts";
import { errorFromResponse } from "./status.ts";

/** What is looked for. */
export interface GroupKind {
  /** Not the core group, whose versions never change. */
  readonly group: string;
  readonly kind: string;
}

export interface DiscoveryRequest {
  readonly fetch: KubeFetch;
  /** The longest wait for each answer, in milliseconds. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/**
 * Finds the resource by which an API server serves a kind now: in the version that it prefers, or in
 * the first of the others that has the kind.
 *
 * @throws {KubeError} `crd-missing` when no version of the group has it
 */
export async function discoverResource(
  request: DiscoveryRequest,
  { group, kind }: GroupKind,
): Promise<GroupVersionResource> {
  for (const version of await versionsOf(request, group)) {
    const list = await get(request, `/apis/${group}/${version}`, readResources);
    // Subresources (`widgets/status`) are listed under the kind of their parent.
    const found = list?.find(({ name, kind: served }) => served === kind && !name.includes("/"));
    if (found !== undefined) return { group, version, resource: found.name };
  }
  throw new KubeError(
    "crd-missing",
    `${kind}.${group} is not served by this cluster: is its CRD installed?`,
    { status: 404 },
  );
}

async function versionsOf(request: DiscoveryRequest, group: string): Promise<readonly string[]> {
  const found = await get(request, `/apis/${group}`, readGroup);
  if (found === undefined) return [];
  const { preferred, versions } = found;
  return preferred === undefined
    ? versions
    : [preferred, ...versions.filter((version) => version !== preferred)];
}

/** @returns undefined when nobody serves the path */
async function get<T>(
  { fetch, timeoutMs, clock, signal }: DiscoveryRequest,
  path: string,
  read: (document: unknown) => T | undefined,
): Promise<T | undefined> {
  const doing = `GET ${path}`;
  using deadline = new Deadline(clock, signal);
  deadline.set(timeoutMs, doing);
  try {
    const response = await fetch(path, { signal: deadline.signal });
    if (response.status === 404) {
      await response.body?.cancel();
      return undefined;
    }
    if (response.status !== 200) throw await errorFromResponse(response, doing, deadline.signal);
    const found = read(JSON.parse(await response.text()));
    if (found !== undefined) return found;
  } catch (thrown) {
    if (signal.aborted) throw signal.reason;
    if (!(thrown instanceof SyntaxError)) throw asKubeError(thrown, "unreachable", doing);
  }
  throw new KubeError("bad-response", `${doing}: the answer is no discovery document`);
}

function readGroup(
  document: unknown,
): { preferred: string | undefined; versions: string[] } | undefined {
  const { kind, versions, preferredVersion } = record(document);
  if (kind !== "APIGroup" || !Array.isArray(versions)) return undefined;
  const preferred = record(preferredVersion).version;
  return {
    preferred: isText(preferred) ? preferred : undefined,
    versions: versions.map((entry) => record(entry).version).filter(isText),
  };
}

function readResources(document: unknown): { name: string; kind: string }[] | undefined {
  const { kind, resources } = record(document);
  if (kind !== "APIResourceList" || !Array.isArray(resources)) return undefined;
  return resources.flatMap((entry) => {
    const { name, kind } = record(entry);
    return isText(name) && isText(kind) ? { name, kind } : [];
  });
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? value as Record<string, unknown> : {};
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}
