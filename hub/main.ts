import { ContractError } from "../contracts/contract_error.ts";
import { jsonLogger } from "../contracts/logger.ts";
import { type HubConfig, readHubConfig, VARIABLES } from "./config.ts";
import { openCluster } from "./kube/cluster.ts";
import { type HubParts, type RunningHub, serveHub } from "./serve.ts";
import { FileDirectory } from "./story/file_directory.ts";

const HELP = `Headrace hub: carries the packets of realtime stories between their steps.

Usage: hub [--help]

Environment:
${
  VARIABLES.map(({ name, fallback, purpose }) =>
    `  ${name.padEnd(32)}${purpose} (${fallback === "required" ? "" : "default "}${fallback})`
  ).join("\n")
}

Without HUB_STORIES_FILE the runs are those of the cluster that KUBECONFIG names, else the one that
the process runs in, else that of ~/.kube/config.

Exit codes: 0 after SIGTERM or SIGINT, 2 when a setting is missing or wrong, 1 otherwise.
`;

const stdout = (text: string) => Deno.stdout.writeSync(new TextEncoder().encode(text));
const env = (name: string) => Deno.env.get(name);
const logger = jsonLogger(Date.now, (line) => stdout(line + "\n"));

if (Deno.args.includes("--help") || Deno.args.includes("-h")) {
  stdout(HELP);
  Deno.exit(0);
}
if (Deno.args.length > 0) fail(2, `unknown argument ${Deno.args[0]}: see --help`);

// Before anything says that the hub is there: whoever reads it may stop the hub at once.
let running: RunningHub | undefined = undefined as RunningHub | undefined;
let stopping = false;
for (const signal of ["SIGTERM", "SIGINT"] as const) {
  Deno.addSignalListener(signal, async () => {
    // Asked twice: somebody is in a hurry.
    if (stopping) Deno.exit(1);
    stopping = true;
    logger("INFO", "stopping", { signal });
    await running?.stop();
    Deno.exit(0);
  });
}
running = await start();

async function start(): Promise<RunningHub> {
  try {
    const config = readHubConfig(env);
    return await serveHub(config, { logger, ...await source(config) });
  } catch (error) {
    if (error instanceof ContractError) fail(2, error.message);
    if (error instanceof Deno.errors.NotFound) fail(2, error.message);
    fail(1, "cannot start", error);
  }
}

/** Where runs come from, for as long as the process lives. */
async function source(
  { storiesFile, namespace, endpoint }: HubConfig,
): Promise<Omit<HubParts, "logger">> {
  if (storiesFile !== undefined) {
    return { directory: new FileDirectory(await Deno.readTextFile(storiesFile)) };
  }
  return await openCluster({ namespace, endpoint, logger, env });
}

function fail(code: number, message: string, error?: unknown): never {
  logger("ERROR", message, error === undefined ? {} : { err: error });
  Deno.exit(code);
}
