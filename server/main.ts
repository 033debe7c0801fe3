import { ContractError } from "../contracts/contract_error.ts";
import { jsonLogger } from "../contracts/logger.ts";
import { readServerConfig, type ServerConfig, SETTINGS } from "./config.ts";
import { serve } from "./serve.ts";

const HELP = `Headrace flow router: takes FlowMessages over HTTP, streams them over SSE with replay.

Usage: server [--help]

Environment:
${
  Object.values(SETTINGS).map(({ name, fallback, purpose }) =>
    `  ${name.padEnd(37)}${purpose} (default ${fallback})`
  ).join("\n")
}
`;

const stdout = (text: string) => Deno.stdout.writeSync(new TextEncoder().encode(text));
const logger = jsonLogger(Date.now, (line) => stdout(line + "\n"));

if (Deno.args.includes("--help") || Deno.args.includes("-h")) {
  stdout(HELP);
  Deno.exit(0);
}
if (Deno.args.length > 0) fail(`unknown argument ${Deno.args[0]}: see --help`, 2);

const server = await serve(configuration(), logger, new Map()).catch((error) =>
  fail("listen failed", 1, error)
);

let stopping = false;
for (const signal of ["SIGTERM", "SIGINT"] as const) {
  Deno.addSignalListener(signal, async () => {
    if (stopping) Deno.exit(1);
    stopping = true;
    await server.stop();
    Deno.exit(0);
  });
}

function configuration(): ServerConfig {
  try {
    return readServerConfig((name) => Deno.env.get(name));
  } catch (error) {
    if (error instanceof ContractError) fail(error.message, 2);
    throw error;
  }
}

function fail(message: string, code: number, error?: unknown): never {
  logger("ERROR", message, error === undefined ? {} : { err: error });
  Deno.exit(code);
}
