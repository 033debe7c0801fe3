import { runAsProgram, write } from "../program.ts";
import { readEnvironment } from "./environment.ts";
import { ToolsError } from "./errors.ts";
import { HELP, parseOptions } from "./options.ts";
import { provide } from "./provide.ts";
import { createReporter } from "./reporter.ts";
import { findTools } from "./tools.ts";

async function main(args: readonly string[], signal: AbortSignal): Promise<void> {
  const { help, printPaths, names } = parseOptions(args);
  if (help) return write(Deno.stdout, HELP);
  const environment = readEnvironment((name) => Deno.env.get(name));
  if (printPaths) {
    return write(Deno.stdout, JSON.stringify(await findTools(names, environment), null, 2) + "\n");
  }
  const reporter = createReporter({
    write: (text) => write(Deno.stderr, text),
    terminal: Deno.stderr.isTerminal(),
    columns: () => Deno.consoleSize().columns,
    now: () => performance.now(),
  });
  await provide(names, environment, reporter, signal);
}

if (import.meta.main) {
  Deno.exit(await runAsProgram(main, (error) => error instanceof ToolsError));
}
