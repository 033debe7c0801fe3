import { type GroupVersionResource, type KubeObject, objectKey } from "../resources.ts";

/** A resource that a store holds, with what discovery says of it. */
export interface ResourceDefinition extends GroupVersionResource {
  readonly kind: string;
  readonly namespaced: boolean;
  readonly shortNames?: readonly string[];
}

/** An object as the store keeps it. */
export type StoredObject = KubeObject & {
  readonly metadata: KubeObject["metadata"] & {
    readonly uid: string;
    readonly resourceVersion: string;
  };
};

/** One entry of the log. `previous` is what the object was before, absent for the first. */
export interface StoredEvent {
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly revision: number;
  readonly resource: ResourceDefinition;
  readonly object: StoredObject;
  readonly previous: StoredObject | undefined;
}

/** Thrown for a revision whose history is no longer held: `410 Expired` on the wire. */
export class ExpiredError extends Error {
  constructor(readonly revision: number, readonly oldest: number) {
    super(`too old resource version: ${revision} (${oldest})`);
  }
}

/**
 * Objects and the log of their changes under one counter of revisions, as etcd keeps them for an
 * API server: any list can be had as of any revision in the log, and a watch is the log from there.
 */
export class ObjectStore {
  readonly #resources = new Map<string, ResourceDefinition>();
  readonly #objects = new Map<string, Map<string, StoredObject>>();
  readonly #listeners = new Set<(event: StoredEvent) => void>();
  readonly #historyLimit: number;
  readonly #newUid: () => string;
  #log: StoredEvent[] = [];
  #revision: number;
  #compacted = 0;

  /** @param options.historyLimit entries of the log to keep; older ones are compacted away */
  constructor(
    options: { historyLimit?: number; firstRevision?: number; newUid?: () => string } = {},
  ) {
    this.#historyLimit = options.historyLimit ?? 10_000;
    this.#revision = options.firstRevision ?? 1;
    this.#newUid = options.newUid ?? (() => crypto.randomUUID());
  }

  /** The revision of the last change of anything. */
  get revision(): number {
    return this.#revision;
  }

  /** History up to here is gone. */
  get compactedThrough(): number {
    return this.#compacted;
  }

  get resources(): readonly ResourceDefinition[] {
    return [...this.#resources.values()];
  }

  /** Starts to serve a resource, as installing its CRD does. */
  register(resource: ResourceDefinition): void {
    this.#resources.set(id(resource), resource);
    if (!this.#objects.has(id(resource))) this.#objects.set(id(resource), new Map());
  }

  /** Stops to serve a resource. As when its CRD is deleted, its objects are deleted first. */
  unregister(gvr: GroupVersionResource): void {
    const resource = this.find(gvr);
    if (resource === undefined) return;
    for (const object of this.list(resource)) {
      this.remove(resource, object.metadata.name, object.metadata.namespace);
    }
    this.#resources.delete(id(gvr));
  }

  find(gvr: GroupVersionResource): ResourceDefinition | undefined {
    return this.#resources.get(id(gvr));
  }

  /** Creates or replaces an object. Gives it the next revision, and a uid when it is new. */
  put(gvr: GroupVersionResource, object: KubeObject): StoredObject {
    const resource = this.#known(gvr);
    const objects = this.#objects.get(id(gvr));
    const key = objectKey(object.metadata);
    const previous = objects?.get(key);
    this.#revision++;
    const { group, version, kind } = resource;
    const stored: StoredObject = {
      apiVersion: group === "" ? version : `${group}/${version}`,
      kind,
      ...object,
      metadata: {
        ...object.metadata,
        uid: object.metadata.uid ?? previous?.metadata.uid ?? this.#newUid(),
        resourceVersion: String(this.#revision),
      },
    };
    objects?.set(key, stored);
    this.#append({
      type: previous === undefined ? "ADDED" : "MODIFIED",
      revision: this.#revision,
      resource,
      object: stored,
      previous,
    });
    return stored;
  }

  /** Deletes an object. The event carries its last state under the revision of the deletion. */
  remove(gvr: GroupVersionResource, name: string, namespace?: string): StoredObject | undefined {
    const resource = this.#known(gvr);
    const objects = this.#objects.get(id(gvr));
    const key = objectKey(namespace === undefined ? { name } : { name, namespace });
    const previous = objects?.get(key);
    if (previous === undefined) return undefined;
    objects?.delete(key);
    this.#revision++;
    const object: StoredObject = {
      ...previous,
      metadata: { ...previous.metadata, resourceVersion: String(this.#revision) },
    };
    this.#append({ type: "DELETED", revision: this.#revision, resource, object, previous });
    return object;
  }

  get(gvr: GroupVersionResource, name: string, namespace?: string): StoredObject | undefined {
    const key = objectKey(namespace === undefined ? { name } : { name, namespace });
    return this.#objects.get(id(gvr))?.get(key);
  }

  /**
   * The objects of a resource in the order of their keys, now or as of an earlier revision.
   *
   * @throws {ExpiredError} when that revision was compacted
   */
  list(gvr: GroupVersionResource, revision: number = this.#revision): StoredObject[] {
    const objects = new Map(this.#objects.get(id(gvr)));
    if (revision < this.#revision) {
      for (const event of this.since(gvr, revision).reverse()) {
        const key = objectKey(event.object.metadata);
        if (event.previous === undefined) objects.delete(key);
        else objects.set(key, event.previous);
      }
    }
    return [...objects].sort(([a], [b]) => a < b ? -1 : 1).map(([, object]) => object);
  }

  /**
   * What happened to a resource after a revision.
   *
   * @throws {ExpiredError} when the log does not reach back that far
   */
  since(gvr: GroupVersionResource, revision: number): StoredEvent[] {
    if (revision < this.#compacted) throw new ExpiredError(revision, this.#compacted);
    return this.#log.filter((event) => event.revision > revision && id(event.resource) === id(gvr));
  }

  /** Forgets the log up to a revision: older ones are `410 Expired` from now on. */
  compact(through: number = this.#revision): void {
    this.#compacted = Math.max(this.#compacted, Math.min(through, this.#revision));
    this.#log = this.#log.filter((event) => event.revision > this.#compacted);
  }

  /** Calls back for each change, after it was made. Returns the way to stop it. */
  onChange(listener: (event: StoredEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #append(event: StoredEvent): void {
    this.#log.push(event);
    const surplus = this.#log.length - this.#historyLimit;
    const last = surplus > 0 ? this.#log[surplus - 1] : undefined;
    if (last !== undefined) this.compact(last.revision);
    for (const listener of [...this.#listeners]) listener(event);
  }

  #known(gvr: GroupVersionResource): ResourceDefinition {
    const resource = this.find(gvr);
    if (resource === undefined) throw new TypeError(`the store does not serve ${id(gvr)}`);
    return resource;
  }
}

function id({ group, version, resource }: GroupVersionResource): string {
  return `${group}/${version}/${resource}`;
}
