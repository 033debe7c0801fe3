/** One kind of resource as the API server serves it. The core group is the empty string. */
export interface GroupVersionResource {
  readonly group: string;
  readonly version: string;
  /** The plural in the URL, such as `helmreleases`. */
  readonly resource: string;
}

/** The part of `meta/v1 ObjectMeta` that this folder and its callers read. Times are RFC 3339. */
export interface ObjectMeta {
  readonly name: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly generation?: number;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly finalizers?: readonly string[];
}

/** Any Kubernetes object as it came over the wire. */
export interface KubeObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: ObjectMeta;
  readonly [field: string]: unknown;
}

/** The path of a collection: cluster-wide without a namespace. */
export function collectionPath(gvr: GroupVersionResource, namespace?: string): string {
  const root = gvr.group === "" ? `/api/${gvr.version}` : `/apis/${gvr.group}/${gvr.version}`;
  const scope = namespace === undefined ? "" : `/namespaces/${encodeURIComponent(namespace)}`;
  return `${root}${scope}/${gvr.resource}`;
}

/** `namespace/name`, or the bare name of a cluster-scoped object: unique within one resource. */
export function objectKey(meta: { readonly name: string; readonly namespace?: string }): string {
  return meta.namespace ? `${meta.namespace}/${meta.name}` : meta.name;
}

/**
 * Orders two resource versions of one resource: negative, zero, positive, or `undefined` when they
 * cannot be compared. Since Kubernetes 1.35 (KEP-5504) they are decimal integers by contract for
 * everything that the API server itself stores; an aggregated API server may still use other text.
 * Compared as text because they may pass 2^53.
 */
export function compareResourceVersions(a: string, b: string): number | undefined {
  if (a === b) return 0;
  if (!INTEGER.test(a) || !INTEGER.test(b)) return undefined;
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : 1;
}

const INTEGER = /^(0|[1-9][0-9]*)$/;
