import { jsonLogger } from "../contracts/logger.ts";
import { createKubeClient, type KubeClient } from "../kube/client.ts";
import { loadClusterConfig } from "../kube/config.ts";
import { KubeError } from "../kube/errors.ts";
import { type AdapterConfig, ConfigError, parseConfig } from "./config.ts";
import { helpText } from "./help.ts";
import { type AdapterLease, runAdapter } from "./run.ts";

const encoder = new TextEncoder();
const stdout = (text: string) => Deno.stdout.writeSync(encoder.encode(text));
const log = jsonLogger(Date.now, (line) => stdout(line + "\n"));
const env = (name: string) => Deno.env.get(name);

if (Deno.args.includes("--help") || Deno.args.includes("-h")) {
  stdout(helpText());
  Deno.exit(0);
}
if (Deno.args.length > 0) fail(2, [`unknown argument ${Deno.args[0]}: see --help`]);

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
try {
  await runAdapter(config, { client, log, signal: stop.signal, ...lease(config, client) });
} catch (error) {
  fail(1, [`adapter failed: ${error instanceof Error ? error.message : error}`]);
}
client.close();
Deno.exit(0);

function configuration(): AdapterConfig {
  try {
    return parseConfig(env);
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
  if (lease === undefined) return {};
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

function fail(code: number, problems: readonly string[]): never {
  for (const problem of problems) log("ERROR", problem);
  Deno.exit(code);
}
