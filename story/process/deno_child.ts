import type { ChildOptions } from "./child.ts";

/** What Deno needs to find its cache and the registry, in an environment that is otherwise ours. */
export const CACHE_ENV = [
  "PATH",
  "HOME",
  "DENO_DIR",
  "XDG_CACHE_HOME",
  "TMPDIR",
  "NPM_CONFIG_REGISTRY",
  "DENO_CERT",
  "DENO_TLS_CA_STORE",
  "HTTPS_PROXY",
  "HTTP_PROXY",
  "NO_PROXY",
] as const;

/** What grpc-js asks for when it is loaded. */
const GRPC_ENV = [
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
];

/** The start of one of our programs: narrower than its task, for all it needs is known here. */
export function denoChild(
  program: "hub" | "connector",
  folder: string,
  env: Readonly<Record<string, string>>,
  cache: Readonly<Record<string, string>>,
): Pick<ChildOptions, "program" | "args" | "env" | "clearEnv"> {
  const own = program === "hub" ? "HUB_*" : "CONNECTOR_*,BOBRAVOZ_P2P_HEARTBEAT_INTERVAL";
  return {
    program: Deno.execPath(),
    args: [
      "run",
      "--no-prompt",
      "--quiet",
      "--frozen",
      "--allow-net=127.0.0.1,localhost",
      `--allow-read=${folder}`,
      `--allow-env=BUBU_*,${own},${GRPC_ENV.join(",")}`,
      new URL(`./${program}_child.ts`, import.meta.url).href,
    ],
    env: { ...cache, NO_COLOR: "1", ...env },
    clearEnv: true,
  };
}

/** The start of an engram's command, which may be run and nothing else. */
export function commandChild(
  [program, ...args]: readonly [string, ...string[]],
  env: Readonly<Record<string, string>>,
): Pick<ChildOptions, "program" | "args" | "env" | "clearEnv"> {
  return {
    program: Deno.execPath(),
    args: [
      "run",
      "--no-prompt",
      "--quiet",
      "--frozen",
      `--allow-run=${program}`,
      new URL("./command_child.ts", import.meta.url).href,
      program,
      ...args,
    ],
    // An engram may want what its user has in the environment, keys of services among it.
    env,
    clearEnv: false,
  };
}
