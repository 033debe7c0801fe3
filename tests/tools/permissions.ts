/**
 * Prints the flags for what a task may read and write around the tools. Their folder depends on the
 * environment, so no task can write it down; `deno task tools` runs
 * `deno run … $(deno run … permissions.ts tools) tests/tools/main.ts`.
 */
import { readEnvironment, type ToolsEnvironment, VARIABLES } from "./environment.ts";
import { ToolsError } from "./errors.ts";
import { go } from "./go.ts";

/** Flags for the builder: write the cache, read Go's module cache, from which the CRDs come. */
export function builderFlags(
  { cache }: ToolsEnvironment,
  goModules: string | undefined,
): string[] {
  const modules = goModules === undefined ? [] : [goModules];
  return [flag("read", ["tests/tools", cache, ...modules]), flag("write", [cache]), ENV];
}

/**
 * Flags for tests that start the tools: read the cache, write temporary files only.
 *
 * @param variables further variables that they may read; Deno takes the flag once only
 */
export function testFlags(
  { cache }: ToolsEnvironment,
  temporary: string,
  variables: readonly string[] = [],
): string[] {
  return [
    flag("read", [".", cache, temporary]),
    flag("write", [temporary]),
    flag("env", [...VARIABLES, ...variables]),
  ];
}

/** What `@grpc/grpc-js` asks for, and where Deno's cache is, for programs that tests start. */
export const GRPC_VARIABLES = [
  "DENO_DIR",
  "GRPC_NODE_TRACE",
  "GRPC_TRACE",
  "GRPC_NODE_VERBOSITY",
  "GRPC_VERBOSITY",
  "GRPC_SSL_CIPHER_SUITES",
  "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH",
  "GRPC_NODE_DEBUG_SEND_ERROR_DETAILS",
  "GRPC_NODE_USE_ALTERNATIVE_RESOLVER",
  "GRPC_EXPERIMENTAL_ENABLE_OUTLIER_DETECTION",
  "grpc_proxy",
  "http_proxy",
  "https_proxy",
  "no_grpc_proxy",
  "no_proxy",
] as const;

/** What a task's tests read beside the tools' own variables. */
const VARIABLES_OF: Readonly<Record<string, readonly string[]>> = {
  streams: GRPC_VARIABLES,
  // The parser of Prometheus' grammar looks there whether to explain itself.
  charts: ["LOG"],
};

const ENV = flag("env", VARIABLES);

function flag(name: string, values: readonly string[]): string {
  return `--allow-${name}=${values.join(",")}`;
}

async function goModuleCache(): Promise<string | undefined> {
  try {
    const { stdout } = await go(["env", "GOMODCACHE"], {});
    return stdout.trim() || undefined;
  } catch (error) {
    if (!(error instanceof ToolsError)) throw error;
    // No Go: the builder says so when it needs it, and has more to say about it.
    return undefined;
  }
}

async function flags(task: string | undefined): Promise<string[]> {
  try {
    const environment = readEnvironment((name) => Deno.env.get(name));
    return task === "tools" ? builderFlags(environment, await goModuleCache()) : testFlags(
      environment,
      Deno.env.get("TMPDIR") || "/tmp",
      VARIABLES_OF[task ?? ""],
    );
  } catch (error) {
    if (!(error instanceof ToolsError)) throw error;
    // The program that gets the flags meets the same error and reports it.
    return [ENV];
  }
}

if (import.meta.main) {
  Deno.stdout.writeSync(new TextEncoder().encode((await flags(Deno.args[0])).join(" ")));
}
