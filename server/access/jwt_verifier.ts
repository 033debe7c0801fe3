import { createLocalJWKSet, createRemoteJWKSet, decodeJwt, errors, jwtVerify } from "jose";
import type { JWTVerifyGetKey } from "jose";
import type { IssuerRule } from "./access_file.ts";
import { matches, type Principal, principal } from "./permissions.ts";
import { TokenCache } from "./token_cache.ts";

/** Signatures only: with `none` or a shared secret anyone who reads the key set could sign. */
const ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "ES512", "EdDSA"];

/** Between two fetches of a key set, in ms: anyone can name a key that nobody knows. */
const KEY_COOLDOWN_MS = 30_000;

/** The token is not to be trusted, or nobody can say so now. The message is safe to show. */
export class TokenError extends Error {
  override readonly name = "TokenError";

  constructor(readonly code: "invalid" | "unavailable", message: string, options?: ErrorOptions) {
    super(message, options);
  }
}

interface Issuer {
  readonly rule: IssuerRule;
  readonly keys: JWTVerifyGetKey;
}

/** What verifying takes from the world around it. */
export interface JwtDeps {
  /** Gives a key set's text by path. */
  readonly readFile: (path: string) => Promise<string>;
  /** Unix time in ms. */
  readonly now: () => number;
  /** Least time between two fetches of a key set, in ms; 30 seconds when absent. */
  readonly keyCooldown?: number;
}

/**
 * Checks JWTs (RFC 7519) of known issuers: signature, `iss`, `aud`, `exp`. Keys that rotate are
 * fetched anew when a token names one that is not known yet, at most every 30 seconds. A token that
 * was good is good for a minute without another look.
 */
export class JwtVerifier {
  readonly #issuers: ReadonlyMap<string, Issuer>;
  readonly #now: () => number;
  readonly #known: TokenCache;

  private constructor(issuers: ReadonlyMap<string, Issuer>, now: () => number) {
    this.#issuers = issuers;
    this.#now = now;
    this.#known = new TokenCache(now);
  }

  /** @throws {Error} when a key set in a file cannot be read */
  static async create(
    rules: readonly IssuerRule[],
    { readFile, now, keyCooldown: cooldownDuration = KEY_COOLDOWN_MS }: JwtDeps,
  ): Promise<JwtVerifier> {
    const issuers = new Map<string, Issuer>();
    for (const rule of rules) {
      const keys = rule.jwksUri !== undefined
        ? createRemoteJWKSet(new URL(rule.jwksUri), { timeoutDuration: 5_000, cooldownDuration })
        : createLocalJWKSet(JSON.parse(await readFile(rule.jwksFile!)));
      issuers.set(rule.issuer, { rule, keys });
    }
    return new JwtVerifier(issuers, now);
  }

  /**
   * Who the token speaks for.
   *
   * @throws {TokenError}
   */
  async verify(token: string): Promise<Principal> {
    const known = this.#known.find(token);
    if (known !== undefined) return known;
    const principal = await this.#verify(token);
    this.#known.keep(token, principal);
    return principal;
  }

  async #verify(token: string): Promise<Principal> {
    const { rule, keys } = this.#issuerOf(token);
    try {
      const { payload } = await jwtVerify(token, keys, {
        issuer: rule.issuer,
        audience: rule.audience,
        algorithms: ALGORITHMS,
        requiredClaims: ["exp", "sub"],
        clockTolerance: 5,
        currentDate: new Date(this.#now()),
      });
      const subject = payload.sub ?? "";
      const grants = rule.subjects
        .filter((entry) => matches(entry.subject, subject))
        .flatMap(({ allow }) => allow);
      if (grants.length === 0) {
        throw new TokenError("invalid", `the router knows no permission of subject ${subject}`);
      }
      return principal(subject, grants, payload.exp! * 1000);
    } catch (cause) {
      if (cause instanceof TokenError) throw cause;
      if (cause instanceof errors.JWTExpired) {
        throw new TokenError("invalid", "the token has expired", { cause });
      }
      if (cause instanceof errors.JWKSNoMatchingKey || !isKeySetFailure(cause)) {
        throw new TokenError("invalid", "the token cannot be verified", { cause });
      }
      throw new TokenError("unavailable", "the issuer's keys cannot be had", { cause });
    }
  }

  /** The issuer that the token names; nothing is trusted before the signature is checked. */
  #issuerOf(token: string): Issuer {
    let named: string | undefined;
    try {
      named = decodeJwt(token).iss;
    } catch (cause) {
      throw new TokenError("invalid", "the token is not known and no JWT", { cause });
    }
    const issuer = this.#issuers.get(named ?? "");
    if (issuer === undefined) throw new TokenError("invalid", "the token's issuer is not trusted");
    return issuer;
  }
}

/** Whether the key set could not be fetched or read, rather than the token being wrong. */
function isKeySetFailure(cause: unknown): boolean {
  return cause instanceof errors.JWKSTimeout || cause instanceof errors.JWKSInvalid ||
    !(cause instanceof errors.JOSEError) || cause.constructor === errors.JOSEError;
}
