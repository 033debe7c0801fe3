import { WireError } from "./wire_error.ts";

/** How a field's value is laid out (protobuf encoding, "Message structure"). */
export const WireType = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

/** An unsigned 64-bit value: a bigint only where a number would lose digits. */
export type Uint64 = number | bigint;

const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Walks the fields of a message where they lie: nothing is copied and nothing is allocated but the
 * strings and slices that are asked for. Every read is checked against the end of its message.
 */
export class WireReader {
  /** Number and wire type of the field that `next` found. */
  field = 0;
  wireType = 0;

  constructor(
    readonly bytes: Uint8Array,
    public position = 0,
    public end: number = bytes.length,
  ) {}

  /** Goes to the next field's value; false at the end of the message. */
  next(): boolean {
    if (this.position >= this.end) return false;
    const tag = this.uint32();
    this.field = tag >>> 3;
    this.wireType = tag & 7;
    if (this.field === 0) throw malformed("field number 0");
    return true;
  }

  /** A varint's low 32 bits, as protobuf truncates it for 32-bit fields and enums. */
  uint32(): number {
    const { bytes, end } = this;
    let position = this.position;
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (position >= end) throw malformed("a number is cut off");
      const byte = bytes[position++]!;
      if (shift < 32) value |= (byte & 0x7f) << shift;
      if (byte < 0x80) {
        this.position = position;
        return value >>> 0;
      }
    }
    throw malformed("a number of more than ten bytes");
  }

  uint64(): Uint64 {
    const start = this.position;
    let value = 0;
    let scale = 1;
    // Seven groups of seven bits are 49 bits: exact in a number. Longer ones are read again.
    for (let index = 0; index < 7; index++) {
      if (this.position >= this.end) throw malformed("a number is cut off");
      const byte = this.bytes[this.position++]!;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 128;
    }
    this.position = start;
    return this.#longUint64();
  }

  #longUint64(): Uint64 {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      if (this.position >= this.end) throw malformed("a number is cut off");
      const byte = this.bytes[this.position++]!;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) {
        value = BigInt.asUintN(64, value);
        return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
      }
    }
    throw malformed("a number of more than ten bytes");
  }

  double(): number {
    this.#need(8);
    const view = new DataView(this.bytes.buffer, this.bytes.byteOffset + this.position, 8);
    this.position += 8;
    return view.getFloat64(0, true);
  }

  /** The length of a length-delimited value whose bytes begin at `position` then. */
  length(): number {
    const length = this.uint32();
    this.#need(length);
    return length;
  }

  /** A length-delimited value where it lies, not copied. */
  slice(): Uint8Array {
    const length = this.length();
    return this.bytes.subarray(this.position, this.position += length);
  }

  /** @throws {WireError} when the bytes are not UTF-8, which every reader of proto3 refuses */
  string(): string {
    const length = this.length();
    const end = this.position + length;
    // Short ASCII by hand: a call into the decoder costs more than the characters.
    if (length <= 24) {
      let ascii = "";
      let at = this.position;
      for (; at < end; at++) {
        const byte = this.bytes[at]!;
        if (byte >= 0x80) break;
        ascii += String.fromCharCode(byte);
      }
      if (at === end) {
        this.position = end;
        return ascii;
      }
    }
    const slice = this.bytes.subarray(this.position, end);
    this.position = end;
    try {
      return text.decode(slice);
    } catch (cause) {
      throw Object.assign(malformed("text that is not UTF-8"), { cause });
    }
  }

  /** Leaves the value of a field that is not known. Groups were never part of proto3. */
  skip(): void {
    if (this.wireType === WireType.varint) this.uint64();
    else if (this.wireType === WireType.bytes) this.#advance(this.length());
    else if (this.wireType === WireType.fixed64) this.#advance(8);
    else if (this.wireType === WireType.fixed32) this.#advance(4);
    else throw malformed(`wire type ${this.wireType}`);
  }

  #advance(length: number): void {
    this.#need(length);
    this.position += length;
  }

  #need(length: number): void {
    if (length > this.end - this.position) throw malformed("a value is cut off");
  }
}

function malformed(detail: string): WireError {
  return new WireError("malformed", "", detail);
}
