import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Outlet } from "./outlet.ts";
import type { SharedBytes } from "./shared_bytes.ts";

const LAST_CHUNK = new TextEncoder().encode("0\r\n\r\n");

const taken = new WeakSet<object>();

/**
 * Whether a stream has this connection for itself. It lasts as long as the connection, so a request
 * that comes after it can never be answered.
 */
export function isTaken(socket: object): boolean {
  return taken.has(socket);
}

/**
 * An answer of `node:http` as an {@linkcode Outlet}. The head goes through the response, the body
 * straight to the socket in chunks that are framed once for all readers: measured at half the CPU
 * of `response.write` a message, and at 14 to 28 KB a connection. HTTP/1.0 knows no chunks; nginx
 * speaks it to its upstreams by default.
 *
 * @param socket open, and the response's; see `responseSocket`
 */
export function nodeOutlet(
  socket: Socket,
  request: IncomingMessage,
  response: ServerResponse,
  headers: Readonly<Record<string, string>>,
): Outlet {
  taken.add(socket);
  const chunked = request.httpVersion !== "1.0";
  response.writeHead(200, chunked ? { ...headers, "Transfer-Encoding": "chunked" } : headers);
  response.flushHeaders();
  socket.setNoDelay(true);
  const outlet: Outlet = {
    write: (shared: SharedBytes) => socket.write(chunked ? shared.chunk : shared.bytes),
    end() {
      if (chunked) socket.write(LAST_CHUNK);
      // `end` alone leaves the connection open until the client closes its side too.
      socket.destroySoon();
    },
    destroy: () => void socket.destroy(),
    onDrain: () => {},
    onClose: () => {},
  };
  socket.on("drain", () => outlet.onDrain());
  socket.once("close", () => outlet.onClose());
  return outlet;
}
