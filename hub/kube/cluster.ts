import { ContractError } from "../../contracts/contract_error.ts";
import type { Logger } from "../../contracts/logger.ts";
import { createKubeClient, type KubeClient } from "../../kube/client.ts";
import { loadClusterConfig } from "../../kube/config.ts";
import { KubeError } from "../../kube/errors.ts";
import { ObjectWriter } from "../../kube/object_writer.ts";
import { watchLogger } from "../../kube/watch_logger.ts";
import type { Placement } from "../placement/owner.ts";
import type { HandoffReporter } from "../primitives/handoff_reporter.ts";
import type { RunConditions } from "../primitives/run_conditions.ts";
import type { StepStarter } from "../primitives/step_starter.ts";
import type { StoryStarter } from "../primitives/story_starter.ts";
import { KubeDirectory } from "./kube_directory.ts";
import { KubePlacement } from "./kube_placement.ts";
import { KubeReports } from "./kube_reports.ts";
import { KubeStepStarter, KubeStoryStarter } from "./kube_starter.ts";
import { ObjectLookup } from "./object_lookup.ts";

/** Names the hub in audit logs and in `managedFields`. */
export const FIELD_MANAGER = "headrace-hub";

export interface ClusterOptions {
  /** One namespace; all of them when undefined. */
  readonly namespace: string | undefined;
  /** What the operator pins runs to that this hub carries; undefined: it carries all. */
  readonly endpoint: string | undefined;
  readonly logger: Logger;
  readonly env: (name: string) => string | undefined;
}

/** What a hub gets of the cluster it is in. */
export interface Cluster {
  readonly directory: KubeDirectory;
  /** Absent where this hub is the only one. */
  readonly placement?: Placement;
  readonly starter: StoryStarter;
  readonly steps: StepStarter;
  readonly conditions: RunConditions;
  readonly handoffs: HandoffReporter;
  /** What is not known yet; undefined when every run of the cluster is. */
  notReady(): string | undefined;
  /** Ends watches and requests. */
  close(): Promise<void>;
}

/**
 * Connects to the cluster of `KUBECONFIG`, of the pod, or of `~/.kube/config`, and begins to watch.
 * Resolves at once: a hub may serve what it looks up before every watch is there.
 *
 * @throws {ContractError} when it is not known how to reach a cluster
 */
export async function openCluster(
  { namespace, endpoint, logger, env }: ClusterOptions,
): Promise<Cluster> {
  const client = await connect(env);
  const stop = new AbortController();
  const source = { client, namespace, onState: watchLogger(logger) };
  const { signal } = stop;
  const lookup = new ObjectLookup({ client, signal });
  const directory = new KubeDirectory(source, lookup);
  const writer = new ObjectWriter({ client, fieldManager: FIELD_MANAGER });
  const starting = { source, writer, lookup, signal };
  const steps = new KubeStepStarter(starting);
  const reports = new KubeReports({ source, writer, logger, signal });
  const placement = endpoint === undefined ? undefined : new KubePlacement(source, endpoint);
  const watching = Promise.all([
    directory.run(signal),
    steps.informer.run(signal),
    placement?.informer.run(signal),
  ]);
  const caches = [
    ...directory.caches,
    steps.informer,
    ...placement === undefined ? [] : [placement.informer],
  ];
  return {
    directory,
    ...placement && { placement },
    starter: new KubeStoryStarter(starting, directory.runs),
    steps,
    conditions: reports,
    handoffs: reports,
    notReady() {
      const missing = caches.filter(({ status }) => status.state !== "synced");
      if (missing.length === 0) return undefined;
      return missing.map(({ kind, status: { state, message } }) =>
        `${kind} is ${state}${message === undefined ? "" : `: ${message}`}`
      ).join("\n");
    },
    async close() {
      stop.abort();
      await watching;
      client.close();
    },
  };
}

async function connect(env: ClusterOptions["env"]): Promise<KubeClient> {
  try {
    return createKubeClient(await loadClusterConfig({ env }), { userAgent: FIELD_MANAGER });
  } catch (cause) {
    if (!(cause instanceof KubeError)) throw cause;
    throw new ContractError(`HUB_STORIES_FILE is not set, and of a cluster: ${cause.message}`, {
      cause,
    });
  }
}
