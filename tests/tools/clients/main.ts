/** Puts the engram and the clients of other languages into the cache, for tests/hub. */
import { runAsProgram, write } from "../../program.ts";
import { readEnvironment } from "../environment.ts";
import { ToolsError } from "../errors.ts";
import { withLock } from "../lock.ts";
import { exists } from "../tools.ts";
import { UNPROVED } from "../build.ts";
import { locateClients } from "./clients.ts";

const HELP = `Puts the programs of other languages that speak to the hub into a cache folder: an
engram on the original's Go SDK, and clients in Go, Python and Node.

Usage: deno task clients

Needs Go, python3 with venv, node and npm, and on the first run a network.

Environment:
  HEADRACE_TOOLS  The cache folder (default: headrace/tools in XDG_CACHE_HOME or ~/.cache)
`;

const say = (text: string) => write(Deno.stderr, `${text}\n`);

async function provide(signal: AbortSignal): Promise<void> {
  const environment = readEnvironment((name) => Deno.env.get(name));
  await Deno.mkdir(`${environment.cache}/clients`, { recursive: true });
  const waiting = () => say("waiting for another run to finish with this cache");
  await withLock(`${environment.cache}/clients/.lock`, { waiting, signal }, async () => {
    for (const { program, from, to } of await locateClients(environment)) {
      if (await exists(to)) continue;
      say(`${program.name}: being made`);
      const start = performance.now();
      const part = to + UNPROVED;
      if (await exists(part)) await Deno.remove(part, { recursive: true });
      await Deno.mkdir(part, { recursive: true });
      await program.make(from, part, { signal });
      await Deno.rename(part, to);
      say(`${program.name}: ${to} (${Math.round((performance.now() - start) / 1000)} s)`);
    }
  });
}

async function main(args: readonly string[], signal: AbortSignal): Promise<void> {
  if (args.some((arg) => arg === "--help" || arg === "-h")) return write(Deno.stdout, HELP);
  if (args[0] !== undefined) {
    throw new ToolsError("usage", `unknown argument ${args[0]}: see --help`);
  }
  await provide(signal);
}

if (import.meta.main) {
  Deno.exit(await runAsProgram(main, (error) => error instanceof ToolsError));
}
