import type { Logger } from "../../contracts/logger.ts";
import { ControlAction, type ControlRequest } from "../proto/messages.ts";

/** Of all sessions one error is logged in so long, in milliseconds: engrams may come in a loop. */
const PAUSE_MS = 60_000;
/** How much of an engram's words is logged, in characters. */
const MAX_LOGGED = 256;

/** Logs what engrams could not do with control messages: once a session, and once a minute. */
export class ControlErrors {
  #last = -Infinity;

  /** @param now milliseconds; only differences count */
  constructor(private readonly now: () => number, private readonly logger: Logger) {}

  /** What is to see each message of a new session. */
  session(): (request: ControlRequest) => void {
    let isSaid = false;
    return ({ action, metadata = {} }) => {
      const now = this.now();
      if (action !== ControlAction.error || isSaid || now - this.#last < PAUSE_MS) return;
      isSaid = true;
      this.#last = now;
      this.logger("WARN", "the engram reports an error on Control", {
        err: metadata["message"]?.slice(0, MAX_LOGGED) ?? "it says nothing more",
      });
    };
  }
}
