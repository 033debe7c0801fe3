/** Bits of a value that decide its bucket: quantiles are right to 1/64, about 1.6 %. */
const BITS = 6;
const PER_OCTAVE = 2 ** BITS;
/** Microseconds up to an hour; what takes longer counts as an hour. */
const MAX = 3.6e9;

/** Counts lengths of time in buckets that grow with them, so that its size does not. */
export class LatencyHistogram {
  readonly #counts: number[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** @param milliseconds below 0 counts as 0: two clocks of one machine may differ by a hair */
  record(milliseconds: number): void {
    const bucket = bucketOf(Math.min(MAX, Math.max(0, Math.round(milliseconds * 1_000))));
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#size++;
  }

  /**
   * The time, in milliseconds, that `q` of all recorded ones do not pass; undefined without any.
   *
   * @param q from 0 to 1
   */
  quantile(q: number): number | undefined {
    if (this.#size === 0) return undefined;
    let left = Math.max(1, Math.ceil(q * this.#size));
    let last = 0;
    for (const bucket of Object.keys(this.#counts).map(Number)) {
      last = bucket;
      left -= this.#counts[bucket] ?? 0;
      if (left <= 0) break;
    }
    return middleOf(last) / 1_000;
  }
}

function bucketOf(micros: number): number {
  if (micros < PER_OCTAVE) return micros;
  const octave = Math.floor(Math.log2(micros)) - BITS;
  return (octave + 1) * PER_OCTAVE + Math.floor(micros / 2 ** octave) - PER_OCTAVE;
}

function middleOf(bucket: number): number {
  if (bucket < PER_OCTAVE) return bucket;
  const octave = Math.floor(bucket / PER_OCTAVE) - 1;
  const low = (bucket % PER_OCTAVE + PER_OCTAVE) * 2 ** octave;
  return low + (2 ** octave - 1) / 2;
}
