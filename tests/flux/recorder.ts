import { createKubeClient } from "../../kube/client.ts";
import { loadClusterConfig } from "../../kube/config.ts";
import { watchResources } from "../../kube/reflector.ts";
import type { GroupVersionResource, KubeObject } from "../../kube/resources.ts";

/** One line of a recording, as those under `demo/recordings`. */
export interface RecordedEvent {
  /** Milliseconds since the recording began. */
  readonly t: number;
  readonly event: { readonly type: "ADDED" | "MODIFIED" | "DELETED"; readonly object: KubeObject };
}

/** Writes down what watches of the releases and their charts deliver, by the product's own loop. */
export interface Recorder extends AsyncDisposable {
  readonly events: readonly RecordedEvent[];
}

const KINDS: Readonly<Record<string, GroupVersionResource>> = {
  HelmRelease: { group: "helm.toolkit.fluxcd.io", version: "v2", resource: "helmreleases" },
  HelmChart: { group: "source.toolkit.fluxcd.io", version: "v1", resource: "helmcharts" },
};

/** Starts to record the cluster of a kubeconfig file. */
export async function startRecorder(kubeconfig: string): Promise<Recorder> {
  const client = createKubeClient(await loadClusterConfig({ kubeconfig, env: () => undefined }));
  const stop = new AbortController();
  const start = performance.now();
  const events: RecordedEvent[] = [];
  const running = Object.entries(KINDS).map(([kind, gvr]) =>
    watchResources<KubeObject>({
      client,
      gvr,
      prune: (object) => withoutNoise(object as KubeObject, kind, `${gvr.group}/${gvr.version}`),
      onEvent: ({ type, object }) => {
        // Only a relist finds something gone without its last state, and here is no reason for one.
        if (object === undefined) throw new Error("the watch was interrupted");
        const names = { added: "ADDED", modified: "MODIFIED", deleted: "DELETED" } as const;
        events.push({
          t: Math.round(performance.now() - start),
          event: { type: names[type], object },
        });
      },
      onState: () => {},
      signal: stop.signal,
    })
  );
  return {
    events,
    async [Symbol.asyncDispose]() {
      stop.abort();
      await Promise.all(running);
      client.close();
    },
  };
}

/** Items of a list come without kind; managedFields are long and say nothing here. */
function withoutNoise(object: KubeObject, kind: string, apiVersion: string): KubeObject {
  const { managedFields: _, ...metadata } = object.metadata as KubeObject["metadata"] & {
    managedFields?: unknown;
  };
  return { ...object, apiVersion, kind, metadata };
}
