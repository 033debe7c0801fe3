import { readEnvironment } from "./environment.ts";
import { ToolsError } from "./errors.ts";
import { HELP, parseOptions } from "./options.ts";
import { provide } from "./provide.ts";
import { createReporter } from "./reporter.ts";
import { findTools } from "./tools.ts";

const encoder = new TextEncoder();

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

function write(to: { writeSync(bytes: Uint8Array): number }, text: string): void {
  for (let bytes = encoder.encode(text); bytes.length > 0;) {
    bytes = bytes.subarray(to.writeSync(bytes));
  }
}

/** Exit statuses: 1 for what could not be done, 2 for a call that makes no sense, 128 + signal. */
async function runAsProgram(): Promise<number> {
  const interrupt = new AbortController();
  let signalled = 0;
  for (const [name, number] of [["SIGINT", 2], ["SIGTERM", 15]] as const) {
    Deno.addSignalListener(name, () => {
      signalled = 128 + number;
      interrupt.abort();
    });
  }
  try {
    await main(Deno.args, interrupt.signal);
    return 0;
  } catch (error) {
    if (signalled > 0) return signalled;
    if (!(error instanceof ToolsError)) throw error;
    write(Deno.stderr, `error: ${error.message}\n`);
    return error.code === "usage" ? 2 : 1;
  }
}

if (import.meta.main) Deno.exit(await runAsProgram());
