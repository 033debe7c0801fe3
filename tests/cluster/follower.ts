import { createKubeClient } from "../../kube/client.ts";
import type { ClusterConfig } from "../../kube/cluster_config.ts";
import { type ReflectorState, watchResources } from "../../kube/reflector.ts";
import type { GroupVersionResource } from "../../kube/resources.ts";
import type { ReflectorTiming } from "../../kube/retry_plan.ts";
import type { KubeObject } from "./kube_object.ts";

/** One resource, followed by the product's own list/watch loop. Disposing it ends the loop. */
export interface Follower extends AsyncDisposable {
  /** What the loop says there is, by `namespace/name`. */
  readonly held: ReadonlyMap<string, KubeObject>;
  /** Every event so far: `added flux-system/bp-mill`. */
  readonly events: readonly string[];
  /** Every state so far. */
  readonly states: readonly ReflectorState[];
  /** The state now. */
  readonly state: ReflectorState | undefined;
}

/** Starts to follow a resource of a cluster. */
export function follow(
  config: ClusterConfig,
  gvr: GroupVersionResource,
  timing: Partial<ReflectorTiming>,
): Follower {
  const client = createKubeClient(config);
  const stop = new AbortController();
  const held = new Map<string, KubeObject>();
  const events: string[] = [];
  const states: ReflectorState[] = [];
  const running = watchResources<KubeObject>({
    client,
    gvr,
    prune: (object) => object as KubeObject,
    onEvent: (event) => {
      events.push(`${event.type} ${event.key}`);
      if (event.type === "deleted") held.delete(event.key);
      else held.set(event.key, event.object);
    },
    onState: (state) => states.push(state),
    signal: stop.signal,
    timing,
  });
  return {
    held,
    events,
    states,
    get state() {
      return states.at(-1);
    },
    async [Symbol.asyncDispose]() {
      stop.abort();
      await running;
      client.close();
    },
  };
}
