import type { Uint64 } from "./wire_reader.ts";

const text = new TextEncoder();

/** Appends fields to a buffer that grows. One writer may serve many messages: `take` copies out. */
export class WireWriter {
  #bytes: Uint8Array;
  #view: DataView;
  #length = 0;

  constructor(capacity = 256) {
    this.#bytes = new Uint8Array(capacity);
    this.#view = new DataView(this.#bytes.buffer);
  }

  get length(): number {
    return this.#length;
  }

  tag(field: number, wireType: number): void {
    this.uint32((field << 3 | wireType) >>> 0);
  }

  uint32(value: number): void {
    this.#room(5);
    while (value > 0x7f) {
      this.#bytes[this.#length++] = value & 0x7f | 0x80;
      value >>>= 7;
    }
    this.#bytes[this.#length++] = value;
  }

  uint64(value: Uint64): void {
    if (typeof value === "number" && value <= 0xffff_ffff) return this.uint32(value);
    this.#room(10);
    let rest = BigInt(value);
    while (rest > 0x7fn) {
      this.#bytes[this.#length++] = Number(rest & 0x7fn) | 0x80;
      rest >>= 7n;
    }
    this.#bytes[this.#length++] = Number(rest);
  }

  /** Negative numbers take ten bytes, as protobuf sign-extends them to 64 bits. */
  int32(value: number): void {
    if (value >= 0) this.uint32(value);
    else this.uint64(BigInt.asUintN(64, BigInt(value)));
  }

  double(value: number): void {
    this.#room(8);
    this.#view.setFloat64(this.#length, value, true);
    this.#length += 8;
  }

  /** Length and bytes. */
  slice(value: Uint8Array): void {
    this.uint32(value.length);
    this.raw(value);
  }

  string(value: string): void {
    // UTF-8 takes at most three bytes a UTF-16 unit; the length goes before, so reserve its place.
    const start = this.#length;
    const reserve = varintLength(value.length);
    this.#room(5 + value.length * 3);
    const written = text.encodeInto(value, this.#bytes.subarray(start + reserve)).written;
    const needed = varintLength(written);
    if (needed !== reserve) {
      this.#bytes.copyWithin(start + needed, start + reserve, start + reserve + written);
    }
    this.uint32(written);
    this.#length += written;
  }

  /** A message inside this one: `write` appends its fields, the length is put before them. */
  message(write: () => void): void {
    const start = this.#length;
    this.#room(1);
    this.#length += 1;
    write();
    const written = this.#length - start - 1;
    const needed = varintLength(written);
    if (needed > 1) {
      this.#room(needed - 1);
      this.#bytes.copyWithin(start + needed, start + 1, this.#length);
    }
    this.#length = start;
    this.uint32(written);
    this.#length += written;
  }

  /** Bytes as they are, without a length. */
  raw(value: Uint8Array): void {
    this.#room(value.length);
    this.#bytes.set(value, this.#length);
    this.#length += value.length;
  }

  /** A part of other bytes, without the cost of a view on it. */
  range(source: Uint8Array, start: number, end: number): void {
    const length = end - start;
    this.#room(length);
    if (length > 64) this.#bytes.set(source.subarray(start, end), this.#length);
    else {
      for (let index = 0; index < length; index++) {
        this.#bytes[this.#length + index] = source[start + index]!;
      }
    }
    this.#length += length;
  }

  /** What was written, copied, and the writer empty again. */
  take(): Uint8Array {
    const bytes = copied(this.#bytes, this.#length);
    this.#length = 0;
    return bytes;
  }

  /** What was written, in place: only valid until something is written again. */
  peel(): Uint8Array {
    const bytes = this.#bytes.subarray(0, this.#length);
    this.#length = 0;
    return bytes;
  }

  #room(more: number): void {
    if (this.#length + more <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + more));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }
}

/** Where small messages are copied to, one behind the other. */
let slab = new Uint8Array(0);
let used = 0;
/**
 * A buffer of its own costs a message of 100 bytes as much as all of its routing does. Larger slabs
 * save little more, and a message that is kept keeps its slab: at most this much beside itself.
 */
const SLAB_BYTES = 4096;
const SMALL_BYTES = 512;

function copied(from: Uint8Array, length: number): Uint8Array {
  if (length > SMALL_BYTES) return from.slice(0, length);
  if (used + length > slab.length) {
    slab = new Uint8Array(SLAB_BYTES);
    used = 0;
  }
  const copy = slab.subarray(used, used += length);
  if (length > 64) copy.set(from.subarray(0, length));
  else for (let index = 0; index < length; index++) copy[index] = from[index]!;
  return copy;
}

/** Bytes that a length takes as a varint. */
export function varintLength(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x4000) return 2;
  if (value < 0x20_0000) return 3;
  return value < 0x1000_0000 ? 4 : 5;
}
