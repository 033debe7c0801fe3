import type { Principal } from "./permissions.ts";

/** Browsers that are logged in. */
const MAX_SESSIONS = 10_000;
/** A session ends after this long, or with the token that it came from. */
const SESSION_MS = 12 * 60 * 60 * 1000;

/**
 * Sessions of browsers, whose `EventSource` cannot send a bearer token. The cookie holds nothing but
 * 256 random bits.
 */
export class Sessions {
  readonly #sessions = new Map<string, { principal: Principal; expiresAt: number }>();
  readonly #now: () => number;

  /** @param now Unix time in ms */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Opens a session; gives its secret id and when it ends, in Unix ms. */
  open(principal: Principal): { id: string; expiresAt: number } {
    for (const id of this.#sessions.keys()) {
      // In order of opening: whatever goes first has also waited longest.
      if (this.#sessions.size < MAX_SESSIONS && this.find(id) !== undefined) break;
      this.#sessions.delete(id);
    }
    const bytes = crypto.getRandomValues(new Uint8Array(32));
    const id = btoa(String.fromCharCode(...bytes)).replace(/\+/g, "-").replace(/\//g, "_")
      .replace(/=/g, "");
    const expiresAt = Math.min(this.#now() + SESSION_MS, principal.expiresAt);
    this.#sessions.set(id, { principal: { ...principal, expiresAt }, expiresAt });
    return { id, expiresAt };
  }

  /** Who the session belongs to, while it lasts. */
  find(id: string): Principal | undefined {
    const session = this.#sessions.get(id);
    if (session === undefined) return undefined;
    if (session.expiresAt > this.#now()) return session.principal;
    this.#sessions.delete(id);
    return undefined;
  }

  /** Ends a session. */
  close(id: string): void {
    this.#sessions.delete(id);
  }

  /** Ends all sessions: the rules that they were opened under are no longer in force. */
  clear(): void {
    this.#sessions.clear();
  }
}
