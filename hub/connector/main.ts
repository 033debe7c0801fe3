import { ContractError } from "../../contracts/contract_error.ts";
import { jsonLogger } from "../../contracts/logger.ts";
import { readConnectorConfig, VARIABLES } from "./config.ts";
import { type RunningConnector, serveConnector } from "./serve.ts";

const HELP =
  `Headrace connector: carries the packets of one engram to the hub, or to its peers, and back.

Usage: connector [--help]

Environment:
${
    VARIABLES.map(({ name, fallback, purpose }) =>
      `  ${name.padEnd(38)}${purpose} (${fallback === "required" ? "" : "default "}${fallback})`
    ).join("\n")
  }

Exit codes: 0 after SIGTERM or SIGINT, 2 when a setting is missing or wrong, 1 otherwise, also when
the hub or the peer refuses the stream for good.
`;

const stdout = (text: string) => Deno.stdout.writeSync(new TextEncoder().encode(text));
const logger = jsonLogger(Date.now, (line) => stdout(line + "\n"));

if (Deno.args.includes("--help") || Deno.args.includes("-h")) {
  stdout(HELP);
  Deno.exit(0);
}
if (Deno.args.length > 0) fail(2, `unknown argument ${Deno.args[0]}: see --help`);

let running: RunningConnector | undefined = undefined as RunningConnector | undefined;
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
const refused = await running.finished;
if (refused !== undefined) {
  logger("ERROR", "giving up", { ...refused });
  await running.stop();
  Deno.exit(1);
}

async function start(): Promise<RunningConnector> {
  try {
    const env = (name: string) => Deno.env.get(name);
    const config = readConnectorConfig(env);
    const { binding: envelope, reportInterval: interval } = config;
    // Only where it is used: what it needs of Kubernetes takes memory beside each engram.
    const reporter = interval === undefined
      ? undefined
      : await (await import("./reporter.ts")).openReporter({ envelope, interval, logger }, env);
    return await serveConnector(config, logger, reporter);
  } catch (error) {
    if (error instanceof ContractError) fail(2, error.message);
    fail(1, "cannot start", error);
  }
}

function fail(code: number, message: string, error?: unknown): never {
  logger("ERROR", message, error === undefined ? {} : { err: error });
  Deno.exit(code);
}
