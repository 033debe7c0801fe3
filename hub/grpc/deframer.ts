/** Bytes before a message: whether it is compressed, and its length (gRPC over HTTP/2). */
export const PREFIX_BYTES = 5;

/** What a deframer hands out; the bytes may be part of what came, and are not to be changed. */
export type OnMessage = (message: Uint8Array, compressed: boolean) => void;

/** A message that is longer than allowed, or no message at all. */
export class FrameError extends Error {
  override readonly name = "FrameError";

  constructor(readonly code: "oversize" | "malformed", message: string) {
    super(message);
  }
}

/**
 * Cuts the bytes of a stream into messages, however the bytes were cut before. A message that came
 * whole is not copied.
 */
export class Deframer {
  /** The bytes of an unfinished message: prefix and content. */
  #parts: Uint8Array[] = [];
  #have = 0;
  /** Bytes that are needed before something can be done with the parts. */
  #need = PREFIX_BYTES;

  constructor(readonly maxLength: number, private readonly onMessage: OnMessage) {}

  /** Whether a message has begun and not ended. */
  get isWithin(): boolean {
    return this.#have > 0;
  }

  /** @throws {FrameError} after which the stream makes no sense any more */
  push(chunk: Uint8Array): void {
    let bytes = chunk;
    if (this.#have > 0) {
      this.#parts.push(chunk);
      this.#have += chunk.length;
      if (this.#have < this.#need) return;
      bytes = joined(this.#parts, this.#have);
      this.#parts = [];
    }
    let at = 0;
    this.#need = PREFIX_BYTES;
    while (bytes.length - at >= PREFIX_BYTES) {
      const flag = bytes[at]!;
      if (flag > 1) throw new FrameError("malformed", `a message with compression flag ${flag}`);
      const length = bytes[at + 1]! * 0x100_0000 + (bytes[at + 2]! << 16) +
        (bytes[at + 3]! << 8) + bytes[at + 4]!;
      if (length > this.maxLength) {
        throw new FrameError(
          "oversize",
          `a message of ${length} bytes, more than the ${this.maxLength} that are allowed`,
        );
      }
      const end = at + PREFIX_BYTES + length;
      if (end > bytes.length) {
        this.#need = PREFIX_BYTES + length;
        break;
      }
      this.onMessage(bytes.subarray(at + PREFIX_BYTES, end), flag === 1);
      at = end;
    }
    this.#have = bytes.length - at;
    if (this.#have > 0) this.#parts = [at === 0 ? bytes : bytes.subarray(at)];
  }
}

function joined(parts: readonly Uint8Array[], length: number): Uint8Array {
  const all = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
