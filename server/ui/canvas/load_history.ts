import { formatCursor } from "../../../contracts/cursor.ts";
import { SseDecoder } from "../../../contracts/sse_decoder.ts";
import { decodeHello } from "../../../client/decode_hello.ts";
import { decodeMessage } from "../../../client/decode_message.ts";
import type { Position } from "../../../client/session.ts";
import { streamUrl } from "../../../client/stream_request.ts";
import { FlowHistory } from "../graph/history.ts";

/**
 * Fetches what the router's ring holds of a flow, from its first message on; when that has left the
 * ring the history begins with the snapshot of now.
 *
 * @throws when the router cannot be reached or gives no stream
 */
export async function loadHistory(
  router: URL,
  flowId: string,
  { seq, epoch }: Position,
): Promise<FlowHistory> {
  const url = streamUrl(router, flowId);
  url.searchParams.set("last_event_id", formatCursor(0, epoch));
  const end = new AbortController();
  const history = new FlowHistory(flowId);
  try {
    const response = await fetch(url, {
      cache: "no-store",
      headers: { accept: "text/event-stream" },
      signal: AbortSignal.any([end.signal, AbortSignal.timeout(30_000)]),
    });
    if (!response.ok || response.body === null) {
      throw new Error(`the router answered ${response.status}`);
    }
    const decoder = new SseDecoder();
    for await (const bytes of response.body) {
      for (const { event, data, lastEventId } of decoder.push(bytes).events) {
        const value: unknown = JSON.parse(data);
        if (event === "hello" && decodeHello(value)?.seq === 0) return history;
        const message = decodeMessage(value);
        if (message === undefined) continue;
        history.push(message, message.type === "snapshot" ? Date.now() : undefined);
        if (Number.parseInt(lastEventId) >= seq) return history;
      }
    }
    return history;
  } finally {
    end.abort();
  }
}
