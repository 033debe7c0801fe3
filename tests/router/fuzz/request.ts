/** A request as a fuzzer holds it: parts that mutate each by itself, then bytes. */
export interface FuzzRequest {
  readonly method: string;
  readonly target: string;
  readonly version: "1.0" | "1.1";
  /** In order, duplicates and all; the value is Latin-1, as it stands on the wire. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Uint8Array | undefined;
  /** How the body is framed; sizes are those of the chunks, the last one repeats. */
  readonly framing: "length" | { readonly chunks: readonly number[] };
}

/** A request on the wire. */
export interface WireRequest {
  readonly bytes: Uint8Array;
  readonly method: string;
  /**
   * Whether HTTP allows it (RFC 9110, RFC 9112), so that it must be answered, by us, and in full. Of
   * anything else only the engine's refusal or a closed connection can be expected.
   */
  readonly wellFormed: boolean;
  /** Whether it comes first on its connection: nobody pipelines what he waits for in the middle of. */
  readonly first: boolean;
  /** Whether the connection ends with its answer, so that nothing can come after it. */
  readonly last: boolean;
}

const encoder = new TextEncoder();

/** A text of which each character is one byte. */
export function latin1(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

/** UTF-8. */
export function utf8(text: string): Uint8Array {
  return encoder.encode(text);
}

export function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/**
 * The bytes of a request: HTTP as it should be, whatever its parts hold.
 *
 * @param close asks that the connection end with the answer
 */
export function encodeRequest(request: FuzzRequest, close: boolean): Uint8Array {
  const { method, target, version, headers, body, framing } = request;
  const lines = [`${method} ${target} HTTP/${version}`];
  for (const [name, value] of headers) lines.push(`${name}: ${value}`);
  if (body !== undefined) {
    lines.push(
      framing === "length" ? `Content-Length: ${body.length}` : "Transfer-Encoding: chunked",
    );
  }
  if (close) lines.push("Connection: close");
  const head = latin1(`${lines.join("\r\n")}\r\n\r\n`);
  if (body === undefined) return head;
  return concat([head, framing === "length" ? body : chunked(body, framing.chunks)]);
}

function chunked(body: Uint8Array, sizes: readonly number[]): Uint8Array {
  const parts: Uint8Array[] = [];
  for (let at = 0, i = 0; at < body.length; i++) {
    const size = Math.max(1, sizes[Math.min(i, sizes.length - 1)] ?? body.length);
    const chunk = body.subarray(at, at + size);
    parts.push(latin1(`${chunk.length.toString(16)}\r\n`), chunk, latin1("\r\n"));
    at += size;
  }
  return concat([...parts, latin1("0\r\n\r\n")]);
}

/** The bytes as a text that a terminal and a bug report can hold. */
export function escaped(bytes: Uint8Array, most = 2_000): string {
  let text = "";
  for (const byte of bytes.subarray(0, most)) {
    if (byte === 0x0d) text += "\\r";
    else if (byte === 0x0a) text += "\\n\n";
    else if (byte === 0x5c) text += "\\\\";
    else if (byte >= 0x20 && byte < 0x7f) text += String.fromCharCode(byte);
    else text += `\\x${byte.toString(16).padStart(2, "0")}`;
  }
  return bytes.length > most ? `${text}… (${bytes.length} bytes)` : text;
}
