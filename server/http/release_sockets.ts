import type { Server } from "node:http";
import type { Socket } from "node:net";

/** What `node:net` keeps of a socket's native side; private, so nothing here counts on it. */
interface NativeSocket {
  readonly _handle?: { readStop?: () => unknown } | null;
}

/**
 * Lets the memory of closed connections go. In Deno 2.9.2 a socket that is destroyed while it reads is
 * never collected: 2 KB a short request and 14 KB a stream stay for ever (measured by the heap after
 * forced collections). To stop the reading first is all it takes.
 */
export function releaseSockets(server: Server): void {
  server.on("connection", (socket: Socket) => {
    const destroy = socket._destroy;
    socket._destroy = function (this: Socket & NativeSocket, error, callback) {
      this._handle?.readStop?.();
      destroy.call(this, error, callback);
    };
  });
}
