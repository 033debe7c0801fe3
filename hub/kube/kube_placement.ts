import {
  type TransportBinding,
  transportBindingSchema,
} from "../../contracts/transport/resources.ts";
import { Informer } from "../../kube/informer.ts";
import { type Seen, seenBy } from "../../kube/seen.ts";
import { type Owner, ownerBy, type Placement } from "../placement/owner.ts";
import { type ClusterSource, watched } from "./cluster_source.ts";

/** Where runs are pinned: `status.endpoint` of their TransportBindings, which the operator writes. */
export class KubePlacement implements Placement {
  readonly informer: Informer<Seen<TransportBinding>>;

  /** @param self what the operator writes for this hub, to the letter */
  constructor(source: ClusterSource, readonly self: string) {
    this.informer = new Informer({
      ...watched(source, "TransportBinding"),
      read: seenBy(transportBindingSchema),
      indexes: { run: runKeys },
    });
  }

  ownerOf(namespace: string, storyRun: string): Owner {
    const bindings = this.informer.by("run", `${namespace}/${storyRun}`)
      // The successor of one that is being deleted is what counts.
      .filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    return ownerBy(bindings.map(({ value }) => value?.status?.endpoint), this.self);
  }

  onChange(listener: (namespace: string, storyRun: string) => void): () => void {
    return this.informer.onChange(({ object, previous }) => {
      const isSame = object?.value?.status?.endpoint === previous?.value?.status?.endpoint &&
        object?.metadata.deletionTimestamp === previous?.metadata.deletionTimestamp;
      if (isSame) return;
      for (const seen of [object, previous].filter((one) => one !== undefined)) {
        const name = seen.value?.spec.storyRunRef?.name;
        if (name !== undefined) return listener(seen.metadata.namespace ?? "", name);
      }
    });
  }
}

function runKeys({ metadata, value }: Seen<TransportBinding>): string[] {
  const name = value?.spec.storyRunRef?.name;
  return name === undefined ? [] : [`${metadata.namespace}/${name}`];
}
