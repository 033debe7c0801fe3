/**
 * A TCP proxy that fails on command, for what no well-behaved server does: a connection cut in the
 * middle of a watch, a network that swallows every packet without a word.
 */
import { createConnection, createServer, type Server, type Socket } from "node:net";

/** How a connection is cut: an orderly end (FIN) or a reset (RST). */
export type Cut = "fin" | "rst";

/** A proxy in front of one server. Disposing it cuts what is open and frees the port. */
export interface CuttingProxy extends AsyncDisposable {
  /** Its own port on 127.0.0.1. */
  readonly port: number;
  /** Connections that are open just now. */
  readonly connections: number;
  /** Connections accepted so far: grows when a client comes back. */
  readonly accepted: number;
  /** Cuts every open connection on both sides. New ones are served. */
  cut(how: Cut): void;
  /**
   * Falls silent: open connections stay open and new ones are accepted, but no byte goes through
   * in either direction, and no end of either side is passed on.
   */
  silence(): void;
  /** Ends the silence; what was held back goes through, as after a network's outage. */
  resume(): void;
}

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
}

/** Starts a proxy on 127.0.0.1 in front of `target` (a port on 127.0.0.1, or asked each time). */
export async function startCuttingProxy(target: number | (() => number)): Promise<CuttingProxy> {
  const pairs = new Set<Pair>();
  let accepted = 0;
  let silent = false;

  function join(client: Socket): void {
    accepted += 1;
    const server = createConnection({
      host: "127.0.0.1",
      port: typeof target === "number" ? target : target(),
      allowHalfOpen: true,
    });
    const pair = { client, server };
    pairs.add(pair);
    for (const [from, to] of [[client, server], [server, client]] as const) {
      from.setNoDelay(true);
      from.on("data", (bytes) => {
        // A full buffer on the far side stops this side: the proxy stores nothing without bound.
        if (!to.write(bytes)) {
          from.pause();
          to.once("drain", () => {
            if (!silent) from.resume();
          });
        }
      });
      from.on("end", () => to.end());
      from.on("error", () => to.destroy());
      from.on("close", () => {
        to.destroy();
        pairs.delete(pair);
      });
    }
    if (silent) hush(pair);
  }

  function hush({ client, server }: Pair): void {
    client.pause();
    server.pause();
  }

  const listener = createServer({ allowHalfOpen: true }, join);
  const port = await listen(listener);
  return {
    port,
    get connections() {
      return pairs.size;
    },
    get accepted() {
      return accepted;
    },
    cut(how) {
      for (const { client, server } of pairs) {
        if (how === "rst") {
          client.resetAndDestroy();
          server.resetAndDestroy();
        } else {
          client.end();
          server.end();
        }
      }
    },
    silence() {
      silent = true;
      for (const pair of pairs) hush(pair);
    },
    resume() {
      silent = false;
      for (const { client, server } of pairs) {
        client.resume();
        server.resume();
      }
    },
    async [Symbol.asyncDispose]() {
      const closed = new Promise<void>((resolve) => listener.close(() => resolve()));
      for (const { client, server } of pairs) {
        client.destroy();
        server.destroy();
      }
      await closed;
    },
  };
}

function listen(listener: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    listener.once("error", reject);
    listener.listen(0, "127.0.0.1", () => {
      const address = listener.address();
      if (address === null || typeof address === "string") reject(new Error("no TCP address"));
      else resolve(address.port);
    });
  });
}
