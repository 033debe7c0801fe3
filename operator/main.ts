import { jsonLogger } from "../contracts/logger.ts";
import { createKubeClient, type KubeClient } from "../kube/client.ts";
import { loadClusterConfig } from "../kube/config.ts";
import { KubeError } from "../kube/errors.ts";
import { readConfigMap } from "./config_map.ts";
import { parseFlags } from "./flags.ts";
import { helpText } from "./help.ts";
import { FIELD_MANAGER, runOperator } from "./run.ts";
import { type OperatorSettings, readSettings, SettingsError } from "./settings.ts";

const encoder = new TextEncoder();
const stdout = (text: string) => Deno.stdout.writeSync(encoder.encode(text));
const log = jsonLogger(Date.now, (line) => stdout(line + "\n"));
const env = (name: string) => Deno.env.get(name);

if (Deno.args.some((arg) => ["--help", "-help", "-h"].includes(arg))) {
  stdout(helpText());
  Deno.exit(0);
}
const stop = new AbortController();
for (const signal of ["SIGTERM", "SIGINT"] as const) {
  Deno.addSignalListener(signal, () => {
    // Asked twice: somebody is in a hurry.
    if (stop.signal.aborted) Deno.exit(1);
    log("INFO", "stopping", { signal });
    stop.abort();
  });
}

const flags = orFail(() => parseFlags(Deno.args));
// Where the ConfigMap is can only be told without it.
const first = orFail(() => readSettings({ flags, env, configMap: {} }));
const client = await cluster();
const configMap = await operatorConfig(first);
const settings = orFail(() => readSettings({ flags, env, configMap }));
try {
  await runOperator(settings, {
    client,
    namespace: client.config.namespace ?? "default",
    log,
    signal: stop.signal,
    readSettings: async (signal) => {
      const { configNamespace, configName } = first;
      const data = await readConfigMap(configNamespace, configName, { client, signal });
      return readSettings({ flags, env, configMap: data ?? {} });
    },
  });
} catch (error) {
  fail(1, [`operator failed: ${error instanceof Error ? error.message : error}`]);
}
client.close();
Deno.exit(0);

function orFail<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof SettingsError) fail(2, error.problems);
    throw error;
  }
}

async function cluster(): Promise<KubeClient> {
  try {
    return createKubeClient(await loadClusterConfig({ env }), { userAgent: FIELD_MANAGER });
  } catch (error) {
    if (error instanceof KubeError) fail(2, [error.message]);
    throw error;
  }
}

/** What is missing or forbidden is no reason not to start: all settings have defaults. */
async function operatorConfig(
  { configNamespace: namespace, configName: name }: OperatorSettings,
): Promise<Record<string, string>> {
  const where = { configMap: `${namespace}/${name}` };
  try {
    const data = await readConfigMap(namespace, name, { client, signal: stop.signal });
    log("INFO", data === undefined ? "no ConfigMap, using defaults" : "ConfigMap read", where);
    return data ?? {};
  } catch (error) {
    if (!(error instanceof KubeError)) throw error;
    log("WARN", "ConfigMap cannot be read, using defaults", { ...where, err: error.message });
    return {};
  }
}

function fail(code: number, problems: readonly string[]): never {
  for (const problem of problems) log("ERROR", problem);
  Deno.exit(code);
}
