import type { Logger } from "../contracts/logger.ts";
import type { KubeFetch } from "../kube/client.ts";
import { type Clock, sleep, systemClock } from "../contracts/clock.ts";
import { Cluster } from "./cluster.ts";
import type { AdapterConfig } from "./config.ts";
import type { RegionMap } from "./flux/map_region.ts";
import { isFluxKind, isNodeKind } from "./flux/kinds.ts";
import { Metrics } from "./metrics.ts";
import { Reporter } from "./reporter.ts";

/** What showing a cluster once needs of the world. */
export interface OnceDependencies {
  readonly client: { readonly fetch: KubeFetch };
  readonly log: Logger;
  readonly signal: AbortSignal;
  /** For the router. */
  readonly fetch?: typeof fetch;
  readonly readTextFile?: (path: string) => Promise<string>;
  readonly clock?: Clock;
  readonly random?: () => number;
  /** The longest that each of the two halves may take, in milliseconds. */
  readonly timeout?: number;
}

/** The cluster could not be shown. The message says what was in the way. */
export class OnceError extends Error {
  override readonly name = "OnceError";
  readonly code = "once";
}

/**
 * Lists the cluster, maps it and posts the map.
 *
 * @returns the map, when the router has it
 * @throws {OnceError} when a kind cannot be listed or the router does not take it in time
 */
export async function runOnce(
  config: AdapterConfig,
  dependencies: OnceDependencies,
): Promise<RegionMap> {
  const { client, log, signal, clock = systemClock, random = Math.random } = dependencies;
  const { timeout = 60_000 } = dependencies;
  const metrics = new Metrics();
  let map: RegionMap | undefined;
  const cluster: Cluster = new Cluster({
    config,
    client,
    log,
    clock,
    random,
    metrics,
    onMap: (next) => {
      map = next;
      reporter.set(next);
    },
  });
  const reporter = new Reporter({
    config,
    log,
    clock,
    random,
    metrics,
    fetch: dependencies.fetch ?? fetch,
    readTextFile: dependencies.readTextFile ?? Deno.readTextFile,
    catchUp: async (keys) => {
      await cluster.catchUp(keys);
      cluster.mapNow();
    },
  });
  const until = async (isDone: () => boolean, whyNot: () => string) => {
    const endsAt = clock.now() + timeout;
    while (!isDone()) {
      if (signal.aborted) throw new OnceError("stopped");
      if (clock.now() >= endsAt) throw new OnceError(whyNot());
      await sleep(clock, POLL, signal);
    }
  };
  const ended = new AbortController();
  const stop = () => ended.abort();
  signal.addEventListener("abort", stop);
  const watching = cluster.run(ended.signal);
  const reporting = reporter.run(ended.signal);
  try {
    await until(() => map !== undefined || denied(cluster) !== undefined, () => waiting(cluster));
    if (map === undefined) throw new OnceError(denied(cluster) ?? waiting(cluster));
    await until(
      () => reporter.status?.inSync === true || reporter.status?.error?.isRefusal === true,
      () => `the router has not taken it: ${reporter.status?.error?.message ?? "no answer"}`,
    );
    const { error } = reporter.status ?? {};
    if (error !== undefined) throw new OnceError(error.message);
    return map;
  } finally {
    signal.removeEventListener("abort", stop);
    stop();
    await Promise.all([watching, reporting]);
    cluster.stop();
  }
}

/** Between two looks, in milliseconds. */
const POLL = 20;

/** What waiting cannot help: somebody has to grant or to install something. */
function denied({ status }: Cluster): string | undefined {
  const nodes = Object.entries(status).filter(([kind]) => isFluxKind(kind) && isNodeKind(kind));
  const bad = nodes.filter(([, { state }]) => state === "forbidden" || state === "unauthorized");
  const missing = nodes.every(([, { state }]) => state === "crd-missing") ? nodes : [];
  const [first] = [...bad, ...missing];
  return first && `${first[0]}: ${first[1].message ?? first[1].state}`;
}

function waiting({ status }: Cluster): string {
  return Object.entries(status).filter(([, { state }]) => state !== "synced")
    .map(([kind, { state, message }]) => `${kind} is ${state}${message ? `: ${message}` : ""}`)
    .join("; ");
}
