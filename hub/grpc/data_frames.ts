/** Bytes of a frame's header: length, type, flags, stream (RFC 9113 §4.1). */
const HEADER_BYTES = 9;
const DATA = 0;

/**
 * Finds the DATA frames among the bytes that leave a connection of HTTP/2, however they are cut.
 */
export class DataFrames {
  readonly #header = new Uint8Array(HEADER_BYTES);
  #have = 0;
  /** Bytes of the current frame that are still to come. */
  #rest = 0;

  /** @param onData told of each DATA frame that begins: its stream, and the bytes that it carries */
  push(chunk: Uint8Array, onData: (stream: number, length: number) => void): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#rest > 0) {
        const skipped = Math.min(this.#rest, chunk.length - at);
        this.#rest -= skipped;
        at += skipped;
        continue;
      }
      const header = this.#header;
      while (this.#have < HEADER_BYTES && at < chunk.length) header[this.#have++] = chunk[at++]!;
      if (this.#have < HEADER_BYTES) return;
      this.#have = 0;
      this.#rest = header[0]! << 16 | header[1]! << 8 | header[2]!;
      if (header[3] !== DATA) continue;
      const stream = (header[5]! & 0x7f) << 24 | header[6]! << 16 | header[7]! << 8 | header[8]!;
      onData(stream, this.#rest);
    }
  }
}
