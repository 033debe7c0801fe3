import type { Clock } from "../contracts/clock.ts";
import type { KubeFetch } from "./client.ts";
import type { KubeErrorCode } from "./errors.ts";
import { type ReflectorState, type ResourceEvent, watchResources } from "./reflector.ts";
import {
  compareResourceVersions,
  type GroupVersionResource,
  type KubeObject,
  objectKey,
  type ObjectMeta,
} from "./resources.ts";

/** Anything that a cache may hold: reduced on arrival to what is read of it. */
export interface CachedObject {
  readonly metadata: ObjectMeta;
}

/** What an object is now, and what it was; one of them may be missing. */
export interface CacheChange<T> {
  readonly key: string;
  readonly object: T | undefined;
  readonly previous: T | undefined;
}

/** How the watch of a kind stands. */
export interface InformerStatus {
  /** `synced`: all objects are known. Else why not: `syncing`, or the code of what is in the way. */
  readonly state: "synced" | "syncing" | KubeErrorCode;
  /** What is wrong, also with a kind that was synced before. */
  readonly message?: string;
  readonly objects: number;
}

export interface InformerOptions<T extends CachedObject> {
  readonly kind: string;
  readonly gvr: GroupVersionResource;
  /** One namespace; all of them when absent. */
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly client: { readonly fetch: KubeFetch };
  /** Reduces an object to what is kept of it. */
  readonly read: (object: KubeObject) => T;
  /** By name: under which values an object is found. */
  readonly indexes?: Readonly<Record<string, (object: T) => readonly string[]>>;
  readonly onState?: (state: ReflectorState) => void;
  readonly clock?: Clock;
  readonly random?: () => number;
}

/** All objects of one kind as the cluster has them, to be found by key or by index. */
export class Informer<T extends CachedObject> {
  readonly #options: InformerOptions<T>;
  readonly #objects = new Map<string, T>();
  readonly #indexes = new Map<string, Map<string, Set<string>>>();
  readonly #listeners = new Set<(change: CacheChange<T>) => void>();
  /** By key: the version that a write of ours was answered with and the watch has yet to reach. */
  readonly #noted = new Map<string, ObjectMeta>();
  #state: ReflectorState | undefined;

  constructor(options: InformerOptions<T>) {
    this.#options = options;
    for (const name of Object.keys(options.indexes ?? {})) this.#indexes.set(name, new Map());
  }

  get kind(): string {
    return this.#options.kind;
  }

  get gvr(): GroupVersionResource {
    return this.#options.gvr;
  }

  /** An object that came by another way, reduced as those of the watch are. */
  read(object: KubeObject): T {
    return this.#options.read(object);
  }

  /** Whether every object was known at some time; from then on they are kept up to date. */
  get isSynced(): boolean {
    return this.#state?.synced === true;
  }

  get status(): InformerStatus {
    const error = this.#state?.error;
    return {
      state: this.isSynced ? "synced" : error?.code ?? "syncing",
      ...(error === undefined ? {} : { message: error.message }),
      objects: this.#objects.size,
    };
  }

  get(key: string): T | undefined {
    return this.#objects.get(key);
  }

  get keys(): Iterable<string> {
    return this.#objects.keys();
  }

  /** @throws {TypeError} when there is no such index */
  by(index: string, value: string): T[] {
    const values = this.#indexes.get(index);
    if (values === undefined) throw new TypeError(`${this.kind} has no index ${index}`);
    return [...values.get(value) ?? []].map((key) => this.#objects.get(key))
      .filter((object) => object !== undefined);
  }

  /** Calls back for each change. Returns the way to stop it. */
  onChange(listener: (change: CacheChange<T>) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Takes what a write of our own was answered, so that the next look does not find the state before
   * it and write again. The watch stays the judge of what exists: an object that it has not told of,
   * or told of as deleted, is not taken.
   */
  note(written: KubeObject): void {
    const key = objectKey(written.metadata);
    const known = this.#objects.get(key);
    if (known === undefined || known.metadata.uid !== written.metadata.uid) return;
    if (!isNewer(written.metadata, known.metadata)) return;
    this.#noted.set(key, written.metadata);
    this.#put(key, this.#options.read(written));
  }

  /** Watches until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { gvr, namespace, labelSelector, client, read, onState, clock, random } = this.#options;
    await watchResources<T>({
      client,
      gvr,
      namespace,
      labelSelector,
      prune: read,
      signal,
      onEvent: (event) => this.#take(event),
      onState: (state) => {
        this.#state = state;
        onState?.(state);
      },
      ...(clock === undefined ? {} : { clock }),
      ...(random === undefined ? {} : { random }),
    });
  }

  #take(event: ResourceEvent<T>): void {
    const { key } = event;
    const object = event.type === "deleted" ? undefined : event.object;
    const noted = this.#noted.get(key);
    if (object !== undefined && noted?.uid === object.metadata.uid) {
      // The watch is still on its way to what a write has told already.
      if (noted !== undefined && isNewer(noted, object.metadata)) return;
    }
    this.#noted.delete(key);
    if (object !== undefined || this.#objects.has(key)) this.#put(key, object);
  }

  #put(key: string, object: T | undefined): void {
    const previous = this.#objects.get(key);
    if (object === undefined) this.#objects.delete(key);
    else this.#objects.set(key, object);
    for (const [name, valuesOf] of Object.entries(this.#options.indexes ?? {})) {
      const index = this.#indexes.get(name);
      if (index === undefined) continue;
      for (const value of previous === undefined ? [] : valuesOf(previous)) {
        const keys = index.get(value);
        keys?.delete(key);
        if (keys?.size === 0) index.delete(value);
      }
      for (const value of object === undefined ? [] : valuesOf(object)) {
        const keys = index.get(value) ?? new Set();
        index.set(value, keys.add(key));
      }
    }
    for (const listener of this.#listeners) listener({ key, object, previous });
  }
}

function isNewer(a: ObjectMeta, b: ObjectMeta): boolean {
  const order = compareResourceVersions(a.resourceVersion ?? "", b.resourceVersion ?? "");
  return order !== undefined && order > 0;
}
