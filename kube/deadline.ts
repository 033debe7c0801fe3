import type { Clock } from "../contracts/clock.ts";
import { KubeError } from "./errors.ts";

/**
 * An abort signal that follows another one and can also run out of time. The timer can be pushed
 * back cheaply, which is what a watchdog on a busy stream needs: a push only notes the time, and
 * the timer looks at the note when it fires.
 */
export class Deadline implements Disposable {
  readonly #controller = new AbortController();
  readonly #clock: Clock;
  readonly #parent: AbortSignal;
  readonly #follow: () => void;
  #cancelTimer = () => {};
  #expiresAt = 0;
  #doing = "";
  #expired = false;

  constructor(clock: Clock, parent: AbortSignal) {
    this.#clock = clock;
    this.#parent = parent;
    this.#follow = () => this.#controller.abort(parent.reason);
    if (parent.aborted) this.#follow();
    else parent.addEventListener("abort", this.#follow);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Whether the signal was aborted by time and not by the parent. */
  get expired(): boolean {
    return this.#expired;
  }

  /** Starts the time anew. The signal's reason will be a `timeout` error that names `doing`. */
  set(ms: number, doing: string): void {
    this.#cancelTimer();
    this.#doing = doing;
    this.push(ms);
    this.#arm(ms);
  }

  /** Moves the end to `ms` from now without touching the timer, so it may fire late, never early. */
  push(ms: number): void {
    this.#expiresAt = this.#clock.now() + ms;
  }

  [Symbol.dispose](): void {
    this.#cancelTimer();
    this.#parent.removeEventListener("abort", this.#follow);
  }

  #arm(ms: number): void {
    this.#cancelTimer = this.#clock.after(ms, () => {
      const left = this.#expiresAt - this.#clock.now();
      if (left > 0) return this.#arm(left);
      this.#expired = true;
      this.#controller.abort(new KubeError("timeout", `${this.#doing}: no answer in time`));
    });
  }
}
