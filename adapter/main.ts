import type { FlowMessage } from "../contracts/flow.ts";
import { jsonLogger } from "../contracts/logger.ts";
import { createKubeClient, type KubeClient } from "../kube/client.ts";
import { loadClusterConfig } from "../kube/config.ts";
import { KubeError } from "../kube/errors.ts";
import { type AdapterConfig, ConfigError, parseConfig } from "./config.ts";
import { dryRunFetch } from "./dry_run.ts";
import { helpText } from "./help.ts";
import { nodeTable } from "./node_table.ts";
import { OnceError, runOnce } from "./once.ts";
import { type Options, parseOptions, UsageError } from "./options.ts";
import { type AdapterLease, runAdapter } from "./run.ts";

const encoder = new TextEncoder();
const stdout = (text: string) => write(Deno.stdout, text);
const env = (name: string) => Deno.env.get(name);

// Where the output is the result, the log must not be in it.
let logTo: { writeSync(bytes: Uint8Array): number } = Deno.stdout;
const log = jsonLogger(Date.now, (line) => write(logTo, line + "\n"));
const options = usage();
if (options.isHelp) {
  stdout(helpText());
  Deno.exit(0);
}
if (options.isOnce || options.isDryRun) logTo = Deno.stderr;

const config = configuration();
const client = await cluster();
const stop = new AbortController();
for (const signal of ["SIGTERM", "SIGINT"] as const) {
  Deno.addSignalListener(signal, () => {
    // Asked twice: somebody is in a hurry.
    if (stop.signal.aborted) Deno.exit(1);
    log("INFO", "stopping", { signal });
    stop.abort();
  });
}
const dependencies = {
  client,
  log,
  signal: stop.signal,
  ...(options.isDryRun ? { fetch: dryRunFetch(print) } : {}),
};
try {
  if (options.isOnce) await once();
  else await runAdapter(config, { ...dependencies, ...lease(config, client) });
} catch (error) {
  if (error instanceof OnceError) fail(1, [error.message]);
  fail(1, [`adapter failed: ${error instanceof Error ? error.message : error}`]);
}
client.close();
Deno.exit(0);

async function once(): Promise<void> {
  const { nodes } = await runOnce(config, dependencies);
  if (!options.isDryRun) stdout(nodeTable(nodes, Date.now()));
}

function print(message: FlowMessage): void {
  stdout(JSON.stringify(message) + "\n");
}

function usage(): Options {
  try {
    return parseOptions(Deno.args);
  } catch (error) {
    if (error instanceof UsageError) fail(2, [error.message]);
    throw error;
  }
}

function configuration(): AdapterConfig {
  try {
    const { healthListenAddr, ...rest } = parseConfig(env, options);
    // A second one on the machine of the first would find the port taken.
    return healthListenAddr === undefined || options.isDryRun
      ? rest
      : { ...rest, healthListenAddr };
  } catch (error) {
    if (error instanceof ConfigError) fail(2, error.problems);
    throw error;
  }
}

async function cluster(): Promise<KubeClient> {
  try {
    return createKubeClient(await loadClusterConfig({ env }), { userAgent: "headrace-adapter" });
  } catch (error) {
    if (error instanceof KubeError) fail(2, [error.message]);
    throw error;
  }
}

function lease({ lease }: AdapterConfig, client: KubeClient): { lease?: AdapterLease } {
  if (lease === undefined || options.isDryRun) return {};
  const { name, duration, holder } = lease;
  return {
    lease: {
      name,
      namespace: lease.namespace ?? client.config.namespace ?? "default",
      // Two processes must never share a name: a pod's containers do, and so may a replaced pod.
      identity: `${holder}_${crypto.randomUUID().slice(0, 8)}`,
      timing: {
        durationMs: duration,
        renewDeadlineMs: duration * 2 / 3,
        retryMs: duration * 2 / 15,
      },
    },
  };
}

function write(to: { writeSync(bytes: Uint8Array): number }, text: string): void {
  let bytes = encoder.encode(text);
  // A pipe takes what it has room for.
  while (bytes.length > 0) bytes = bytes.subarray(to.writeSync(bytes));
}

function fail(code: number, problems: readonly string[]): never {
  for (const problem of problems) log("ERROR", problem);
  Deno.exit(code);
}
