/** From `offset` on (ms of the recording), playback ran at `speed` and began to at `at` (epoch ms). */
interface Stretch {
  readonly offset: number;
  readonly at: number;
  readonly speed: number;
}

/**
 * Where playback is, and when it was where: recorded time against the clock on the wall. A value;
 * pausing and resuming give a new one. A moment keeps its place once it was played, so what an
 * object was said to have happened does not move when playback is paused later.
 */
export class Timeline {
  readonly #stretches: readonly Stretch[];
  readonly #pausedAt: number | undefined;

  private constructor(stretches: readonly Stretch[], pausedAt: number | undefined) {
    this.#stretches = stretches;
    this.#pausedAt = pausedAt;
  }

  /**
   * Playback that begins at `now` (epoch ms).
   *
   * @param speed recorded milliseconds in one of the wall's; above zero
   * @throws {RangeError} for another speed
   */
  static start(now: number, speed: number): Timeline {
    if (!(speed > 0 && Number.isFinite(speed))) throw new RangeError(`no such speed: ${speed}`);
    return new Timeline([{ offset: 0, at: now, speed }], undefined);
  }

  get paused(): boolean {
    return this.#pausedAt !== undefined;
  }

  /** The recorded moment that is played at `now`. */
  offsetAt(now: number): number {
    const { offset, at, speed } = this.#last;
    return offset + ((this.#pausedAt ?? now) - at) * speed;
  }

  /**
   * When a recorded moment was played, or will be if nothing changes. What was before the recording
   * lies before the beginning, as far as the speed of the beginning makes it.
   */
  wallAt(offset: number): number {
    const stretch = this.#stretches.findLast((each) => each.offset < offset) ?? this.#stretches[0];
    if (stretch === undefined) throw new TypeError("a timeline has a beginning");
    return stretch.at + (offset - stretch.offset) / stretch.speed;
  }

  pause(now: number): Timeline {
    return this.paused ? this : new Timeline(this.#stretches, now);
  }

  resume(now: number): Timeline {
    if (!this.paused) return this;
    const stretch = { offset: this.offsetAt(now), at: now, speed: this.#last.speed };
    return new Timeline([...this.#stretches, stretch], undefined);
  }

  get #last(): Stretch {
    const last = this.#stretches.at(-1);
    if (last === undefined) throw new TypeError("a timeline has a beginning");
    return last;
  }
}
