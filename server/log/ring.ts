import { Buffer } from "node:buffer";
import { SharedBytes } from "../stream/shared_bytes.ts";

const encoder = new TextEncoder();

/** What a ring keeps at most; the newest frame is kept whatever its size. */
export interface RingLimits {
  readonly frames: number;
  readonly bytes: number;
}

/** A run of frames, ready to be sent. */
export interface RingSlice {
  /** Seq of the last frame in `shared`. */
  readonly last: number;
  readonly shared: SharedBytes;
}

/**
 * The recent frames of one flow by seq: dense, from 1, the oldest evicted first. They are kept as texts
 * and encoded when a slice is made, once for all readers at one place: a buffer for each message costs
 * more than its encoding, a tenth of what a small POST costs in all (measured).
 */
export class Ring {
  readonly #limits: RingLimits;
  /** The frame with seq `s` stands at `s % length`; grows by doubling, since most flows stay small. */
  #slots: (string | undefined)[] = new Array(16);
  #first = 1;
  #last = 0;
  #bytes = 0;
  #slice: { after: number; slice: RingSlice } | undefined;

  constructor(limits: RingLimits) {
    this.#limits = limits;
  }

  /** Seq of the oldest frame kept; `last + 1` when none is. */
  get first(): number {
    return this.#first;
  }

  /** Seq of the newest frame; 0 before the first. */
  get last(): number {
    return this.#last;
  }

  /** Bytes kept. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether every frame after `seq` is still here. */
  has(seq: number): boolean {
    return seq >= this.#first - 1 && seq <= this.#last;
  }

  /** Appends a frame and evicts what no longer fits. */
  push(frame: string): void {
    const count = this.#last - this.#first + 1;
    if (count === this.#slots.length) this.#grow();
    this.#last++;
    this.#slots[this.#last % this.#slots.length] = frame;
    this.#bytes += bytesOf(frame);
    while (
      this.#first < this.#last &&
      (this.#last - this.#first + 1 > this.#limits.frames || this.#bytes > this.#limits.bytes)
    ) this.#evict();
  }

  /**
   * The frames after `seq` in one piece: as many as fit in `maxBytes`, at least one. Readers at the
   * same place share it.
   *
   * @throws {RangeError} when they are not all here or there is none
   */
  after(seq: number, maxBytes: number): RingSlice {
    if (this.#slice?.after === seq && this.#slice.slice.last === this.#last) {
      return this.#slice.slice;
    }
    const frames = this.framesAfter(seq, maxBytes);
    const last = seq + frames.length;
    const slice = { last, shared: new SharedBytes(encoder.encode(frames.join(""))) };
    if (last === this.#last) this.#slice = { after: seq, slice };
    return slice;
  }

  /**
   * The frames after `seq`, one by one: as many as fit in `maxBytes`, at least one.
   *
   * @throws {RangeError} when they are not all here or there is none
   */
  framesAfter(seq: number, maxBytes: number): string[] {
    if (!this.has(seq) || seq === this.#last) {
      throw new RangeError(`no frames after ${seq} in ${this.#first}..${this.#last}`);
    }
    const frames: string[] = [];
    let bytes = 0;
    for (let next = seq + 1; next <= this.#last; next++) {
      const frame = this.#slots[next % this.#slots.length]!;
      bytes += bytesOf(frame);
      if (frames.length > 0 && bytes > maxBytes) break;
      frames.push(frame);
    }
    return frames;
  }

  /** Evicts the oldest frames until `bytes` went or one frame is left. */
  shed(bytes: number): void {
    const target = this.#bytes - bytes;
    while (this.#first < this.#last && this.#bytes > target) this.#evict();
  }

  #evict(): void {
    const at = this.#first % this.#slots.length;
    this.#bytes -= bytesOf(this.#slots[at]!);
    this.#slots[at] = undefined;
    this.#first++;
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Array(old.length * 2);
    for (let seq = this.#first; seq <= this.#last; seq++) {
      this.#slots[seq % this.#slots.length] = old[seq % old.length];
    }
  }
}

/** What a frame takes: on the wire, or in memory where V8 keeps two bytes for each character. */
function bytesOf(frame: string): number {
  const bytes = Buffer.byteLength(frame);
  return bytes === frame.length ? bytes : Math.max(bytes, 2 * frame.length);
}
