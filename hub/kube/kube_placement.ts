import {
  type TransportBinding,
  transportBindingSchema,
} from "../../contracts/transport/resources.ts";
import { type CacheChange, Informer } from "../../kube/informer.ts";
import { compareResourceVersions } from "../../kube/resources.ts";
import { type Seen, seenBy } from "../../kube/seen.ts";
import { type Owner, ownerBy, type Placement } from "../placement/owner.ts";
import { type ClusterSource, watched } from "./cluster_source.ts";

/** Where runs are pinned: `status.endpoint` of their TransportBindings, which the operator writes. */
export class KubePlacement implements Placement {
  readonly informer: Informer<Seen<TransportBinding>>;
  /** By run: what another hub has said, which has seen more. */
  readonly #heard = new Map<string, { readonly owner: string; readonly version: string }>();
  /** By run that is here: where it was before. */
  readonly #former = new Map<string, string>();
  readonly #listeners = new Set<(namespace: string, storyRun: string) => void>();

  /** @param self what the operator writes for this hub, to the letter */
  constructor(source: ClusterSource, readonly self: string) {
    this.informer = new Informer({
      ...watched(source, "TransportBinding"),
      read: seenBy(transportBindingSchema),
      indexes: { run: runKeys },
    });
    this.informer.onChange((change) => this.#changed(change));
  }

  ownerOf(namespace: string, storyRun: string): Owner {
    const key = `${namespace}/${storyRun}`;
    const heard = this.#heard.get(key);
    if (heard !== undefined && isLater(heard.version, this.versionOf(namespace, storyRun))) {
      return ownerBy([heard.owner], this.self);
    }
    const bindings = this.informer.by("run", key)
      // The successor of one that is being deleted is what counts.
      .filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    return ownerBy(bindings.map(({ value }) => value?.status?.endpoint), this.self);
  }

  versionOf(namespace: string, storyRun: string): string {
    return this.informer.by("run", `${namespace}/${storyRun}`)
      .map(({ metadata }) => metadata.resourceVersion ?? "")
      .reduce((latest, version) => isLater(version, latest) ? version : latest, "0");
  }

  learn(namespace: string, storyRun: string, owner: string, version: string): void {
    const key = `${namespace}/${storyRun}`;
    // Of a run that is not known here there is nothing to let go of.
    if (this.informer.by("run", key).length === 0) return;
    if (!isLater(version, this.versionOf(namespace, storyRun))) return;
    this.#heard.set(key, { owner, version });
    for (const listener of this.#listeners) listener(namespace, storyRun);
  }

  takeFormer(namespace: string, storyRun: string): string | undefined {
    const key = `${namespace}/${storyRun}`;
    const former = this.#former.get(key);
    this.#former.delete(key);
    return former;
  }

  onChange(listener: (namespace: string, storyRun: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #changed({ object, previous }: CacheChange<Seen<TransportBinding>>): void {
    const seen = object?.value === undefined ? previous : object;
    const name = seen?.value?.spec.storyRunRef?.name;
    if (seen === undefined || name === undefined) return;
    const namespace = seen.metadata.namespace ?? "";
    const key = `${namespace}/${name}`;
    if (this.informer.by("run", key).length === 0) {
      this.#heard.delete(key);
      this.#former.delete(key);
    }
    const before = previous?.value?.status?.endpoint;
    const now = object?.value?.status?.endpoint;
    if (now === this.self && before !== undefined && before !== "" && before !== now) {
      this.#former.set(key, before);
    }
    const isSame = now === before &&
      object?.metadata.deletionTimestamp === previous?.metadata.deletionTimestamp;
    if (isSame && !this.#heard.has(key)) return;
    for (const listener of this.#listeners) listener(namespace, name);
  }
}

function runKeys({ metadata, value }: Seen<TransportBinding>): string[] {
  const name = value?.spec.storyRunRef?.name;
  return name === undefined ? [] : [`${metadata.namespace}/${name}`];
}

/** Versions are of one resource, and so of one order (KEP-5504). */
function isLater(a: string, b: string): boolean {
  return (compareResourceVersions(a, b) ?? 0) > 0;
}
