import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";

/**
 * The connection, once it is this answer's turn on it: requests may be pipelined (RFC 9112 §9.3.2),
 * and those before this one are answered first.
 *
 * @returns undefined when the client has left, also while nobody listened
 */
export async function responseSocket(
  { socket }: IncomingMessage,
  response: ServerResponse,
): Promise<Socket | undefined> {
  if (response.socket === null && !socket.destroyed) {
    await new Promise<void>((resolve) => {
      const settle = () => {
        response.off("socket", settle);
        socket.off("close", settle);
        resolve();
      };
      response.once("socket", settle);
      socket.once("close", settle);
    });
  }
  // A destroyed socket never says `close` again, so nothing must be hung on it.
  return socket.destroyed ? undefined : socket;
}
