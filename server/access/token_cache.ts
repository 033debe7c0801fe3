import { createHash } from "node:crypto";
import type { Principal } from "./permissions.ts";

/** Tokens at a time: those of more emitters and readers than one router serves. */
const MAX_TOKENS = 10_000;
/**
 * How long a token is believed without another look, so that one whose key was taken back is not good
 * for much longer than the key set itself, which is kept for ten minutes.
 */
const MAX_AGE_MS = 60_000;

/**
 * Who verified tokens speak for. To verify one takes 0.25 ms (RS256) to 0.7 ms (ES256), ten times and
 * more what a POST takes, and an emitter sends the same one each time. Tokens are known by their hash,
 * so that none stays in memory.
 */
export class TokenCache {
  readonly #now: () => number;
  readonly #known = new Map<string, { principal: Principal; until: number }>();

  /** @param now Unix time in ms */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Who the token speaks for, if it was found out within the last minute and still holds. */
  find(token: string): Principal | undefined {
    const known = this.#known.get(hashOf(token));
    return known !== undefined && known.until > this.#now() ? known.principal : undefined;
  }

  /** Keeps what verifying the token has shown; the token that was kept first makes room. */
  keep(token: string, principal: Principal): void {
    const now = this.#now();
    for (const [hash, { until }] of this.#known) {
      if (this.#known.size < MAX_TOKENS && until > now) break;
      this.#known.delete(hash);
    }
    const until = Math.min(now + MAX_AGE_MS, principal.expiresAt);
    const hash = hashOf(token);
    // At the end, wherever it stood: the order is that of keeping.
    this.#known.delete(hash);
    this.#known.set(hash, { principal, until });
  }
}

function hashOf(token: string): string {
  return createHash("sha256").update(token).digest("base64");
}
