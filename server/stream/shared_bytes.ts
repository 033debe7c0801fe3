const LINE_END = new TextEncoder().encode("\r\n");

/**
 * Bytes that many connections send as they are. The HTTP/1.1 chunk around them (RFC 9112 §7.1) is
 * made once and shared too, so that a delivery costs one `write` and no copy.
 */
export class SharedBytes {
  #chunk: Uint8Array | undefined;

  constructor(readonly bytes: Uint8Array) {}

  get length(): number {
    return this.bytes.length;
  }

  /** The bytes as one HTTP/1.1 chunk; they must not be empty, since an empty chunk ends the body. */
  get chunk(): Uint8Array {
    return this.#chunk ??= concat([
      new TextEncoder().encode(`${this.bytes.length.toString(16)}\r\n`),
      this.bytes,
      LINE_END,
    ]);
  }
}

/** All parts, one after the other. */
export function concat(parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
