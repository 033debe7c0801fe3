import { KubeApiError, type KubeClient } from "../cluster/kube_client.ts";
import type { KubeObject } from "../cluster/kube_object.ts";
import type { ChartArchive } from "./chart_archives.ts";

const CHARTS = "/apis/source.toolkit.fluxcd.io/v1/namespaces/flux-system/helmcharts";

/** Between two looks at the HelmCharts. */
const PAUSE_MS = 100;

/**
 * Stands in for source-controller: serves the chart archives over HTTP, and writes into the status
 * of each HelmChart that helm-controller makes what source-controller would. Disposing it ends both.
 */
export interface SourceStandIn extends AsyncDisposable {
  /** Leaves a HelmChart alone, as a source-controller that has not come to it yet. */
  hold(name: string): void;
  /** Comes to it after all. */
  release(name: string): void;
}

/** Starts it. Whatever goes wrong inside is thrown when it is disposed. */
export function startSourceStandIn(
  client: KubeClient,
  archives: ReadonlyMap<string, ChartArchive>,
): SourceStandIn {
  const stop = new AbortController();
  const held = new Set<string>();
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) => {
      const file = new URL(request.url).pathname.slice(1);
      const archive = [...archives.values()].find((one) => one.file === file);
      return archive ? new Response(archive.bytes) : new Response(null, { status: 404 });
    },
  );
  const base = `http://127.0.0.1:${server.addr.port}`;

  async function reconcile(chart: KubeObject): Promise<void> {
    const { generation, name } = chart.metadata;
    const status = chart.status as { observedGeneration?: number } | undefined;
    if (held.has(name) || status?.observedGeneration === generation) return;
    const { version } = chart.spec as { version: string };
    const patch = { status: statusOf(generation, version, archives.get(version), base) };
    try {
      await client.patch(chart, patch, "status");
    } catch (error) {
      // It went with its release in the meantime.
      if (!(error instanceof KubeApiError && error.code === 404)) throw error;
    }
  }

  const running = (async () => {
    while (!stop.signal.aborted) {
      for (const chart of (await client.list(CHARTS)).items) await reconcile(named(chart));
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  })();
  // Not before the end does anybody look at it.
  running.catch(() => {});
  return {
    hold: (name) => void held.add(name),
    release: (name) => void held.delete(name),
    async [Symbol.asyncDispose]() {
      stop.abort();
      await server.shutdown();
      await running;
    },
  };
}

/** The items of a list come without their kind. */
function named(object: KubeObject): KubeObject {
  return { ...object, apiVersion: "source.toolkit.fluxcd.io/v1", kind: "HelmChart" };
}

function statusOf(
  generation: number | undefined,
  version: string,
  archive: ChartArchive | undefined,
  base: string,
) {
  const now = new Date().toISOString().replace(/\.\d+/, "");
  const ready = archive === undefined
    ? {
      status: "False",
      reason: "InvalidChartReference",
      message: `invalid chart reference: failed to get chart version for remote reference: ` +
        `no 'mill' chart with version matching '${version}' found`,
    }
    : {
      status: "True",
      reason: "ChartPullSucceeded",
      message: `pulled 'mill' chart with version '${version}'`,
    };
  return {
    observedGeneration: generation,
    conditions: [
      { type: "Ready", ...ready, observedGeneration: generation, lastTransitionTime: now },
    ],
    ...(archive === undefined ? {} : {
      observedChartName: "mill",
      url: `${base}/${archive.file}`,
      artifact: {
        digest: archive.digest,
        lastUpdateTime: now,
        path: archive.file,
        revision: version,
        size: archive.bytes.length,
        url: `${base}/${archive.file}`,
      },
    }),
  };
}
