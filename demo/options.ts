/** What the demo was asked to do. */
export interface DemoOptions {
  readonly help: boolean;
  /** Where the page is; 0 lets the system choose. */
  readonly port: number;
  /** Recorded seconds a second. */
  readonly speed: number;
  /** Path of a kubeconfig: show that cluster instead of the recordings. */
  readonly kubeconfig: string | undefined;
  /** Name of that cluster on the map. */
  readonly region: string;
  readonly namespaces: string;
}

/** The arguments make no sense; the message says which and what is expected. */
export class UsageError extends Error {
  override readonly name = "UsageError";
  readonly code = "usage";
}

/** The recorded rollout takes 136 s; this lets it take about 30. */
const DEFAULT_SPEED = 4.5;
const DEFAULT_PORT = 8080;

export const HELP = `Headrace demo: a rollout across clusters, live in the browser.

Usage: deno task demo [options]

Without a cluster it plays two recorded Flux rollouts back, each through an API server
of its own and the real adapter, into the real router.

  --speed <n>          recorded seconds a second (default ${DEFAULT_SPEED}: about 30 s in all)
  --port <n>           port on 127.0.0.1 (default ${DEFAULT_PORT})
  --kubeconfig <path>  show the cluster of this kubeconfig instead; KUBECONFIG does the same
  --namespaces <list>  namespaces to watch there, * for all (default flux-system)
  --region <name>      what to call that cluster on the map (default cluster)
  --help               this text
`;

/**
 * Reads the command line.
 *
 * @param kubeconfig value of `KUBECONFIG`
 * @throws {UsageError}
 */
export function parseOptions(args: readonly string[], kubeconfig?: string): DemoOptions {
  const values = new Map<string, string>();
  let help = false;
  for (let i = 0; i < args.length; i++) {
    const [name = "", inline] = args[i]!.split(/=(.*)/s, 2);
    if (name === "--help" || name === "-h") {
      help = true;
      continue;
    }
    if (!["--speed", "--port", "--kubeconfig", "--region", "--namespaces"].includes(name)) {
      throw new UsageError(`unknown argument ${args[i]}: see --help`);
    }
    const value = inline ?? args[++i];
    if (value === undefined || value === "") throw new UsageError(`${name} needs a value`);
    values.set(name, value);
  }
  return {
    help,
    port: number(values, "--port", DEFAULT_PORT, (n) => Number.isInteger(n) && n >= 0 && n < 65536),
    speed: number(values, "--speed", DEFAULT_SPEED, (n) => n >= 0.1 && n <= 1000),
    kubeconfig: values.get("--kubeconfig") ?? (kubeconfig || undefined),
    region: values.get("--region") ?? "cluster",
    namespaces: values.get("--namespaces") ?? "flux-system",
  };
}

function number(
  values: ReadonlyMap<string, string>,
  name: string,
  fallback: number,
  valid: (value: number) => boolean,
): number {
  const text = values.get(name);
  if (text === undefined) return fallback;
  const value = Number(text);
  if (valid(value)) return value;
  throw new UsageError(`${name} cannot be ${JSON.stringify(text)}: see --help`);
}
