import type { KubeFetch } from "../kube/client.ts";
import type { Clock } from "../kube/clock.ts";
import type { KubeErrorCode } from "../kube/errors.ts";
import { type ReflectorState, type ResourceEvent, watchResources } from "../kube/reflector.ts";
import type { GroupVersionResource } from "../kube/resources.ts";
import type { NamespaceFilter } from "./config.ts";

/** How the watch of a kind stands. */
export interface KindStatus {
  /** `synced`: all objects are known. Else why not: `syncing`, or the code of what is in the way. */
  readonly state: "synced" | "syncing" | KubeErrorCode;
  /** What is wrong, also with a kind that was synced before. */
  readonly message?: string;
  readonly objects: number;
}

export interface WatchedKindOptions<T> {
  readonly kind: string;
  readonly gvr: GroupVersionResource;
  readonly namespaces: NamespaceFilter;
  /** Reduces an object to what is kept of it; an object that gives nothing is left out. */
  readonly read: (object: unknown) => T | undefined;
  /** The objects have changed, or all of them have come to be known. */
  readonly onChange: () => void;
  /** The state of one watch has changed. */
  readonly onState?: (namespace: string | undefined, state: ReflectorState) => void;
  readonly client: { readonly fetch: KubeFetch };
  readonly clock: Clock;
  readonly random: () => number;
}

/** The objects of one kind in the namespaces that are watched, as the cluster has them. */
export class WatchedKind<T> {
  readonly #options: WatchedKindOptions<T>;
  readonly #objects = new Map<string, T>();
  /** By namespace; the key is undefined for all of them. */
  readonly #states = new Map<string | undefined, ReflectorState | undefined>();

  constructor(options: WatchedKindOptions<T>) {
    this.#options = options;
    const { namespaces } = options;
    for (const namespace of namespaces === "all" ? [undefined] : namespaces) {
      this.#states.set(namespace, undefined);
    }
  }

  get kind(): string {
    return this.#options.kind;
  }

  /** In no particular order. */
  get objects(): Iterable<T> {
    return this.#objects.values();
  }

  /** Whether every object was known at some time; from then on they are kept up to date. */
  get isSynced(): boolean {
    return [...this.#states.values()].every((state) => state?.synced === true);
  }

  get status(): KindStatus {
    const states = [...this.#states.values()];
    const failing = states.find((state) => state?.error !== undefined && !state.synced) ??
      states.find((state) => state?.error !== undefined);
    const { error } = failing ?? {};
    return {
      state: this.isSynced ? "synced" : error?.code ?? "syncing",
      ...(error === undefined ? {} : { message: error.message }),
      objects: this.#objects.size,
    };
  }

  /** Watches until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([...this.#states.keys()].map((namespace) => this.#watch(namespace, signal)));
  }

  async #watch(namespace: string | undefined, signal: AbortSignal): Promise<void> {
    const { client, gvr, clock, random, read, onChange, onState } = this.#options;
    await watchResources<T | undefined>({
      client,
      gvr,
      namespace,
      clock,
      random,
      signal,
      prune: read,
      onEvent: (event) => this.#take(event),
      onState: (state) => {
        const isNew = state.synced && this.#states.get(namespace)?.synced !== true;
        this.#states.set(namespace, state);
        onState?.(namespace, state);
        if (isNew) onChange();
      },
    });
  }

  #take(event: ResourceEvent<T | undefined>): void {
    if (event.type === "deleted" || event.object === undefined) this.#objects.delete(event.key);
    else this.#objects.set(event.key, event.object);
    this.#options.onChange();
  }
}
