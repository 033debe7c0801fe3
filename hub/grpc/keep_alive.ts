/** Milliseconds. */
export interface KeepAlive {
  /** Silence after which a connection is asked whether it is there. */
  readonly interval: number;
  /** Silence from the question on after which it is taken for dead. */
  readonly timeout: number;
}

/** Looks in a timeout. */
const LOOKS = 4;

/**
 * Tells a connection that is dead from one that has nothing to say. Whatever is read from it is a sign
 * of life, as with servers of gRPC elsewhere. Silence is counted in looks rather than by a clock: a
 * process that was itself stopped or starved has looked once in all that time, and finds what came
 * meanwhile before it looks again.
 */
export class Silence {
  /** Milliseconds between two looks. */
  readonly every: number;
  readonly #limits: readonly [ping: number, dead: number];
  #read = 0;
  #looks = 0;

  constructor({ interval, timeout }: KeepAlive) {
    this.every = timeout / LOOKS;
    const ping = Math.ceil(interval / this.every);
    this.#limits = [ping, ping + LOOKS];
  }

  /**
   * What is to be done now.
   *
   * @param bytesRead from the connection since it began
   */
  look(bytesRead: number): "ping" | "close" | undefined {
    if (bytesRead !== this.#read) {
      this.#read = bytesRead;
      this.#looks = 0;
      return undefined;
    }
    const [ping, dead] = this.#limits;
    this.#looks++;
    if (this.#looks === ping) return "ping";
    return this.#looks >= dead ? "close" : undefined;
  }
}
