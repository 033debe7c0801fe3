import { BenchError } from "./errors.ts";
import type { PreparedPeer } from "./peer.ts";
import { pinned, type Placement } from "./pinning.ts";

const HOSTNAME = "127.0.0.1";
/** How long a server may take until it listens, in milliseconds. */
const START_MS = 30_000;
/** A pause for what a server does just after it listens. */
const SETTLE_MS = 300;
/** What is kept of a server's complaints, in characters. */
const COMPLAINTS = 4_000;

/** A server that listens. */
export interface RunningServer {
  readonly addr: string;
  /** The root of its processes. */
  readonly pid: number;
  /** The end of its standard error. */
  complaints(): string;
}

/**
 * Runs a server for the time of `use` and ends it whatever happens there.
 *
 * @param folder for the server's files; emptied before and removed after
 * @throws {BenchError} `server` when it does not start
 */
export async function withServer<T>(
  peer: Pick<PreparedPeer, "command">,
  options: { folder: string; placement: Placement; signal: AbortSignal },
  use: (server: RunningServer) => Promise<T>,
): Promise<T> {
  const { folder, placement, signal } = options;
  signal.throwIfAborted();
  await remove(folder);
  await Deno.mkdir(folder, { recursive: true });
  const port = freePort();
  const { program, args, env = {} } = pinned(
    await peer.command({ hostname: HOSTNAME, port, folder }),
    placement,
  );
  const child = new Deno.Command(program, {
    args: [...args],
    env: { ...env },
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  let complaints = "";
  const reading = (async () => {
    for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) {
      complaints = (complaints + text).slice(-COMPLAINTS);
    }
  })();
  let ended = false;
  const status = child.status.finally(() => ended = true);
  // Ended here and not by the caller alone: an interrupt may come in the middle of a wait.
  const kill = () => {
    if (!ended) child.kill("SIGTERM");
  };
  signal.addEventListener("abort", kill);
  try {
    await listening(port, () => ended, () => complaints);
    return await use({
      addr: `${HOSTNAME}:${port}`,
      pid: child.pid,
      complaints: () => complaints,
    });
  } finally {
    signal.removeEventListener("abort", kill);
    kill();
    await status;
    await reading;
    await remove(folder);
  }
}

function freePort(): number {
  const listener = Deno.listen({ hostname: HOSTNAME, port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  return port;
}

async function listening(port: number, ended: () => boolean, complaints: () => string) {
  for (const end = performance.now() + START_MS; performance.now() < end;) {
    if (ended()) throw new BenchError("server", `the server ended at once: ${complaints().trim()}`);
    try {
      (await Deno.connect({ hostname: HOSTNAME, port })).close();
      await pause(SETTLE_MS);
      return;
    } catch (error) {
      if (!(error instanceof Deno.errors.ConnectionRefused)) throw error;
      await pause(50);
    }
  }
  throw new BenchError("server", `the server does not listen: ${complaints().trim()}`);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function remove(folder: string): Promise<void> {
  try {
    await Deno.remove(folder, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
