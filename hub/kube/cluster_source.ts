import type { Clock } from "../../contracts/clock.ts";
import { CLUSTER_KINDS, type Kind, RESOURCES } from "../../contracts/transport/resource_kinds.ts";
import type { KubeFetch } from "../../kube/client.ts";
import type { ReflectorState } from "../../kube/reflector.ts";

/** What a hub needs of the API server. */
export interface ClusterSource {
  readonly client: { readonly fetch: KubeFetch };
  /** One namespace; all of them when absent. */
  readonly namespace?: string | undefined;
  readonly onState?: (kind: string, state: ReflectorState) => void;
  readonly clock?: Clock;
  readonly random?: () => number;
}

/** The options that the informers of all kinds have in common. */
export function watched(source: ClusterSource, kind: Kind) {
  const { client, namespace, onState, clock, random } = source;
  return {
    kind,
    gvr: RESOURCES[kind],
    namespace: CLUSTER_KINDS.has(kind) ? undefined : namespace,
    client,
    onState: (state: ReflectorState) => onState?.(kind, state),
    ...(clock === undefined ? {} : { clock }),
    ...(random === undefined ? {} : { random }),
  };
}
