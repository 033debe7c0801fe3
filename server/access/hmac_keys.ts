import { createHmac, timingSafeEqual } from "node:crypto";
import type { HmacKeyRule } from "./access_file.ts";
import { type Principal, principal } from "./permissions.ts";

/** The hash functions that notification-controller names for its signatures. */
const SIGNATURE = /^(sha224|sha256|sha384|sha512)=((?:[0-9a-f]{2})+)$/i;

/** Shortest key in characters: a signature that anyone has seen lets him try short ones at leisure. */
export const MIN_KEY_LENGTH = 16;

/** Shared secrets with which senders sign what they post. */
export class HmacKeys {
  readonly #keys: { keys: readonly string[]; principal: Principal }[];

  /** @param rules with the text of their key files */
  constructor(rules: readonly (HmacKeyRule & { readonly key: string })[]) {
    this.#keys = rules.map(({ name, key, allow }) => ({
      // The sender may take its secret with the line end that a file has, or without.
      keys: [...new Set([key, key.trim()])],
      principal: principal(name, allow),
    }));
  }

  /**
   * Who signed these bytes. Every key is compared, in constant time, so that time tells nothing.
   *
   * @param signature `<hash>=<hex>`, as in the `X-Signature` header
   */
  find(signature: string, body: Uint8Array): Principal | undefined {
    const [, hash, hex] = SIGNATURE.exec(signature) ?? [];
    if (hash === undefined || hex === undefined) return undefined;
    const given = Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
    let found: Principal | undefined;
    for (const { keys, principal } of this.#keys) {
      for (const key of keys) {
        const mac = createHmac(hash.toLowerCase(), key).update(body).digest();
        if (mac.length === given.length && timingSafeEqual(mac, given)) found = principal;
      }
    }
    return found;
  }
}
