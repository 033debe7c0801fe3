import type { IncomingMessage, ServerResponse } from "node:http";

/**
 * Gives a client that was answered before its body had come `graceMs` to send the rest, then cuts it
 * off. `node:http`'s own request timeout looks at requests without an answer only, so a byte now and
 * then would keep the connection for ever.
 */
export function limitUnreadBody(
  request: IncomingMessage,
  response: ServerResponse,
  graceMs: number,
): void {
  response.once("finish", () => {
    if (request.complete || request.destroyed) return;
    const { socket } = request;
    const timer = setTimeout(() => socket.destroy(), graceMs);
    const cancel = () => clearTimeout(timer);
    request.once("end", cancel);
    socket.once("close", cancel);
    // To nobody's ears: only what is read can be seen to end.
    request.resume();
  });
}
