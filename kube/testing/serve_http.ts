import http from "node:http";
import https from "node:https";
import type { Socket } from "node:net";

/** A handler on a port. */
export interface ServedHandler {
  readonly url: URL;
  /** Breaks all connections and stops to listen. */
  close(): Promise<void>;
}

export interface ServeOptions {
  /** Any free one when absent. */
  readonly port?: number;
  /** PEM; both for TLS, neither for plain HTTP. */
  readonly cert?: string;
  readonly key?: string;
}

/**
 * Serves a fetch-style handler on 127.0.0.1. On node:http and not on `Deno.serve`, because there a
 * body that errors is also printed to the terminal; here it breaks the connection and that is all.
 */
export async function serveHttp(
  handle: (request: Request) => Promise<Response>,
  { port = 0, cert, key }: ServeOptions = {},
): Promise<ServedHandler> {
  const secure = cert !== undefined && key !== undefined;
  const listener = (incoming: http.IncomingMessage, outgoing: http.ServerResponse) => {
    answer(handle, incoming, outgoing).catch(() => outgoing.destroy());
  };
  const server = secure ? https.createServer({ cert, key }, listener) : http.createServer(listener);
  const sockets = new Set<Socket>();
  server.on(secure ? "secureConnection" : "connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new TypeError("not a TCP address");
  return {
    url: new URL(`${secure ? "https" : "http"}://127.0.0.1:${address.port}`),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

async function answer(
  handle: (request: Request) => Promise<Response>,
  incoming: http.IncomingMessage,
  outgoing: http.ServerResponse,
): Promise<void> {
  const headers = new Headers();
  for (const [name, value] of Object.entries(incoming.headers)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(", ") : value);
  }
  const method = incoming.method ?? "GET";
  const body = method === "GET" || method === "HEAD" ? null : await readText(incoming);
  const response = await handle(
    new Request(new URL(incoming.url ?? "/", "http://127.0.0.1"), { method, headers, body }),
  );
  // A watch that has nothing to say yet has been accepted all the same.
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  outgoing.flushHeaders();
  if (response.body === null) {
    outgoing.end();
    return;
  }
  const reader = response.body.getReader();
  const closed = new Promise<void>((resolve) => outgoing.once("close", resolve));
  closed.then(() => reader.cancel()).catch(() => {});
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      if (outgoing.write(value)) continue;
      const drained = new Promise<void>((resolve) => outgoing.once("drain", resolve));
      await Promise.race([drained, closed]);
    }
    outgoing.end();
  } catch {
    outgoing.destroy();
  }
}

async function readText(incoming: http.IncomingMessage): Promise<string> {
  let text = "";
  incoming.setEncoding("utf8");
  for await (const piece of incoming) text += piece;
  return text;
}
