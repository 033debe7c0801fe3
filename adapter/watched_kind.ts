import type { Clock } from "../contracts/clock.ts";
import type { KubeFetch } from "../kube/client.ts";
import { discoverResource } from "../kube/discovery.ts";
import type { KubeErrorCode } from "../kube/errors.ts";
import {
  type ReflectorControl,
  type ReflectorState,
  type ResourceEvent,
  watchResources,
} from "../kube/reflector.ts";
import type { NamespaceFilter } from "./config.ts";
import { FLUX_KINDS, type FluxKind } from "./flux/kinds.ts";
import type { Knowledge } from "./flux/region_versions.ts";

/** How the watch of a kind stands. */
export interface KindStatus {
  /** `synced`: all objects are known. Else why not: `syncing`, or the code of what is in the way. */
  readonly state: "synced" | "syncing" | KubeErrorCode;
  /** The version under which it is watched. */
  readonly version?: string;
  /** What is wrong, also with a kind that was synced before. */
  readonly message?: string;
  readonly objects: number;
}

export interface WatchedKindOptions<T> {
  readonly kind: FluxKind;
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

/** The longest wait for what the API server says of a group. */
const DISCOVERY_TIMEOUT_MS = 30_000;

/** The objects of one kind in the namespaces that are watched, as the cluster has them. */
export class WatchedKind<T> {
  readonly #options: WatchedKindOptions<T>;
  readonly #objects = new Map<string, T>();
  /** By namespace; the key is undefined for all of them. */
  readonly #states = new Map<string | undefined, ReflectorState | undefined>();
  readonly #controls = new Map<string, ReflectorControl>();
  #version: string | undefined;

  constructor(options: WatchedKindOptions<T>) {
    this.#options = options;
    const { namespaces } = options;
    for (const namespace of namespaces === "all" ? [undefined] : namespaces) {
      this.#states.set(namespace, undefined);
    }
  }

  get kind(): FluxKind {
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
      ...(this.#version === undefined ? {} : { version: this.#version }),
      ...(error === undefined ? {} : { message: error.message }),
      objects: this.#objects.size,
    };
  }

  /** What the objects are the state of. */
  get knowledge(): Knowledge {
    const complete: Record<string, string> = {};
    const told: Record<string, string> = {};
    for (const [key, { progress }] of this.#controls) {
      if (progress.complete !== "") complete[key] = progress.complete;
      if (progress.told !== "") told[key] = progress.told;
    }
    return { complete, told };
  }

  /**
   * Lists again what of this kind is among these keys of {@linkcode knowledge}.
   *
   * @returns when that is complete, however long it takes; or when the watch has ended
   */
  async relist(keys: readonly string[]): Promise<void> {
    await Promise.all(keys.map((key) => this.#controls.get(key)?.relist()));
  }

  /** Watches until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([...this.#states.keys()].map((namespace) => this.#watch(namespace, signal)));
  }

  async #watch(namespace: string | undefined, signal: AbortSignal): Promise<void> {
    const { client, kind, clock, random, read, onChange, onState } = this.#options;
    const { group } = FLUX_KINDS[kind];
    await watchResources<T | undefined>({
      client,
      gvr: async (signal) => {
        const { fetch } = client;
        const request = { fetch, clock, signal, timeoutMs: DISCOVERY_TIMEOUT_MS };
        const found = await discoverResource(request, { group, kind });
        this.#version = found.version;
        return found;
      },
      namespace,
      clock,
      random,
      signal,
      prune: read,
      streamLists: true,
      onStart: (control) => {
        this.#controls.set(namespace === undefined ? kind : `${kind}/${namespace}`, control);
      },
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
