/** One answer, as far as it is looked at. */
export interface FuzzResponse {
  readonly status: number;
  /** The head as it came, Latin-1. */
  readonly head: string;
  readonly contentType: string | undefined;
  /** Absent when it ends with the connection only, as an event stream does. */
  readonly body: string | undefined;
}

/** What bytes of a connection amount to so far. */
export interface Answers {
  readonly responses: readonly FuzzResponse[];
  /** Why what follows cannot be read; undefined while more may come. */
  readonly broken?: string;
}

/**
 * Reads the answers of a connection (RFC 9112 §6), interim ones left out. Incomplete ones are left
 * for later.
 *
 * @param received everything so far, Latin-1
 * @param methods of the requests in their order: the answer to HEAD has no body
 */
export function parseAnswers(received: string, methods: readonly string[]): Answers {
  const responses: FuzzResponse[] = [];
  let at = 0;
  while (responses.length < methods.length) {
    const end = received.indexOf("\r\n\r\n", at);
    if (end < 0) break;
    const head = received.slice(at, end + 2);
    const status = Number(/^HTTP\/1\.1 (\d{3}) [^\r\n]*\r\n/.exec(head)?.[1]);
    if (Number.isNaN(status)) return { responses, broken: `no status line: ${head.slice(0, 80)}` };
    at = end + 4;
    if (status < 200) continue;
    const contentType = field(head, "content-type");
    const response = { status, head, contentType };
    if (methods[responses.length] === "HEAD" || status === 204 || status === 304) {
      responses.push({ ...response, body: "" });
      continue;
    }
    const length = field(head, "content-length");
    if (length !== undefined) {
      const body = received.slice(at, at + Number(length));
      if (body.length < Number(length)) break;
      at += body.length;
      responses.push({ ...response, body });
    } else if (contentType === "text/event-stream") {
      responses.push({ ...response, body: undefined });
      break;
    } else if (field(head, "transfer-encoding") === "chunked") {
      const decoded = dechunk(received, at);
      if (decoded === undefined) break;
      at = decoded.end;
      responses.push({ ...response, body: decoded.body });
    } else {
      // A bare refusal of the engine: its end is the connection's.
      responses.push({ ...response, body: received.slice(at) });
      break;
    }
  }
  return { responses };
}

function field(head: string, name: string): string | undefined {
  return new RegExp(`\\r\\n${name}: *([^\\r\\n]*)\\r\\n`, "i").exec(head)?.[1]?.trim();
}

function dechunk(text: string, at: number): { body: string; end: number } | undefined {
  let body = "";
  while (true) {
    const lineEnd = text.indexOf("\r\n", at);
    if (lineEnd < 0) return undefined;
    const size = parseInt(text.slice(at, lineEnd), 16);
    const next = lineEnd + 2 + size + 2;
    if (text.length < next) return undefined;
    body += text.slice(lineEnd + 2, next - 2);
    at = next;
    if (size === 0) return { body, end: at };
  }
}
