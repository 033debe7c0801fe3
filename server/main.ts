import { ContractError } from "../contracts/contract_error.ts";
import { formatListenAddress, isLoopback } from "../contracts/listen_address.ts";
import { jsonLogger } from "../contracts/logger.ts";
import { readServerConfig, type ServerConfig, SETTINGS } from "./config.ts";
import { serve } from "./serve.ts";
import { UI_ASSETS } from "./ui/assets.ts";

const HELP = `Headrace flow router: takes FlowMessages over HTTP, streams them over SSE with replay.

Usage: server [--insecure] [--help]

  --insecure  listen on every interface without access control

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
const unknown = Deno.args.find((argument) => argument !== "--insecure");
if (unknown !== undefined) fail(`unknown argument ${unknown}: see --help`, 2);

const server = await serve(configuration(), logger, UI_ASSETS).catch((error) =>
  fail("cannot start", 1, error)
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
    const config = readServerConfig((name) => Deno.env.get(name));
    if (config.accessFile === undefined && !isLoopback(config.listen)) {
      const address = formatListenAddress(config.listen);
      if (!Deno.args.includes("--insecure")) {
        fail(
          `${address} is open to others: set FLOW_SERVER_ACCESS_FILE, listen on 127.0.0.1, or say --insecure`,
          2,
        );
      }
      logger("WARN", "anyone who reaches this address may read and write every flow", {
        addr: address,
      });
    }
    return config;
  } catch (error) {
    if (error instanceof ContractError) fail(error.message, 2);
    throw error;
  }
}

function fail(message: string, code: number, error?: unknown): never {
  logger("ERROR", message, error === undefined ? {} : { err: error });
  Deno.exit(code);
}
