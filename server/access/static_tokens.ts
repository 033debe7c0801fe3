import { timingSafeEqual } from "node:crypto";
import type { TokenRule } from "./access_file.ts";
import { type Principal, principal } from "./permissions.ts";

/** Bearer tokens that are known by their hashes. */
export class StaticTokens {
  readonly #rules: { hash: Uint8Array; principal: Principal }[];

  constructor(rules: readonly TokenRule[]) {
    this.#rules = rules.map(({ name, sha256, allow }) => ({
      hash: Uint8Array.from(sha256.match(/../g) ?? [], (pair) => parseInt(pair, 16)),
      principal: principal(name, allow),
    }));
  }

  /** Who has this token. Every rule is compared, in constant time, so that time tells nothing. */
  async find(token: string): Promise<Principal | undefined> {
    const bytes = new TextEncoder().encode(token);
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    let found: Principal | undefined;
    for (const rule of this.#rules) if (timingSafeEqual(rule.hash, hash)) found = rule.principal;
    return found;
  }
}
