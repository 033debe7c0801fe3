import { ExpressionError } from "./errors.ts";

/** What one evaluation may use. */
export interface Limits {
  /** Milliseconds. */
  readonly timeout: number;
  /** Nodes evaluated and rounds of loops; ends what a clock of coarse steps would not. */
  readonly maxSteps: number;
  /** Bytes of UTF-8 of the text that comes out. */
  readonly maxOutputBytes: number;
  /** Characters and items that functions make on the way. */
  readonly maxWork: number;
}

/** The original's defaults, with limits of ours for what it leaves open. */
export const DEFAULT_LIMITS: Limits = {
  timeout: 5_000,
  maxSteps: 200_000,
  maxOutputBytes: 65_536,
  maxWork: 4_194_304,
};

/** Counts down what one evaluation uses, and ends it when nothing is left. */
export class Budget {
  #steps = 0;
  #bytes = 0;
  #work = 0;
  readonly #deadline: number;

  constructor(readonly limits: Limits, readonly now: () => number) {
    this.#deadline = now() + limits.timeout;
  }

  /** @throws {ExpressionError} `limit` */
  step(): void {
    if (++this.#steps > this.limits.maxSteps) {
      throw new ExpressionError(
        "limit",
        `expression takes more than ${this.limits.maxSteps} steps`,
      );
    }
    // Asking the clock costs more than most steps do.
    if (this.#steps % 256 === 0 && this.now() > this.#deadline) {
      throw new ExpressionError("limit", `expression takes more than ${this.limits.timeout} ms`);
    }
  }

  /** Begins the output of the next of several expressions; time and work go on. */
  startOutput(): void {
    this.#bytes = 0;
  }

  /** Charges for output, in characters first: a text has at least as many bytes. */
  output(text: string): void {
    this.#bytes += text.length > this.limits.maxOutputBytes ? text.length : utf8Length(text);
    if (this.#bytes > this.limits.maxOutputBytes) {
      throw new ExpressionError(
        "limit",
        `expression puts out more than ${this.limits.maxOutputBytes} bytes`,
      );
    }
  }

  /** Charges for a value of this many characters or items, before it is made if possible. */
  work(size: number): void {
    this.#work += size;
    if (!(this.#work <= this.limits.maxWork)) {
      throw new ExpressionError("limit", "expression makes values that are too large");
    }
  }
}

/** Bytes of a text in UTF-8. */
export function utf8Length(text: string): number {
  let length = text.length;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit > 0x7f) length += unit > 0x7ff ? 2 : 1;
    // A pair of surrogates has 4 bytes, of which 2 are counted as units and 4 were added.
    if (unit >= 0xd800 && unit <= 0xdfff) length -= 1;
  }
  return length;
}
