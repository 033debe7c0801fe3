import type { Logger } from "../contracts/logger.ts";

/** An adapter that runs as a process of its own. */
export interface ClusterAdapter {
  /** Its exit code. */
  readonly ended: Promise<number>;
  stop(): void;
}

/** What the adapter is to show, and where. */
export interface ClusterOptions {
  readonly kubeconfig: string;
  readonly region: string;
  readonly namespaces: string;
}

/**
 * Starts `deno task adapter` for a real cluster. As a process, because the API server, the
 * kubeconfig and its certificates may be anywhere: the adapter may go there, the demo may not.
 */
export async function startClusterAdapter(
  { kubeconfig, region, namespaces }: ClusterOptions,
  router: { url: string; flowId: string },
  logger: Logger,
): Promise<ClusterAdapter> {
  const root = new URL("../", import.meta.url);
  const { tasks } = JSON.parse(await Deno.readTextFile(new URL("deno.json", root)));
  const flags = (tasks.adapter.command as string).match(/--(?:allow|no-prompt|frozen)\S*/g) ?? [];
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", ...flags, new URL("adapter/main.ts", root).pathname],
    env: {
      FLOW_SERVER_URL: router.url,
      FLOW_ID: router.flowId,
      REGION_KEY: region,
      NAMESPACE_FILTER: namespaces,
      HEALTH_LISTEN_ADDR: "127.0.0.1:0",
      // A look at somebody's cluster needs to read and nothing more.
      LEASE_NAME: "off",
      KUBECONFIG: kubeconfig,
    },
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const relayed = relay(process.stdout, logger);
  return {
    ended: Promise.all([process.status, relayed]).then(([{ code }]) => code),
    stop: () => {
      try {
        process.kill("SIGTERM");
      } catch (error) {
        // It has ended by itself.
        if (!(error instanceof TypeError)) throw error;
      }
    },
  };
}

/** Passes the adapter's log lines on. */
async function relay(
  stdout: ReadableStream<Uint8Array<ArrayBuffer>>,
  logger: Logger,
): Promise<void> {
  let rest = "";
  for await (const text of stdout.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const { time: _, level, msg, ...attributes } = JSON.parse(line);
      logger(level, msg, attributes);
    }
  }
}
