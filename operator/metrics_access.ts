import { createHash } from "node:crypto";
import { type Clock, steadyClock } from "../contracts/clock.ts";
import type { Logger } from "../contracts/logger.ts";
import type { KubeFetch } from "../kube/client.ts";
import { createReview, type ReviewKind } from "../kube/create_review.ts";
import { asKubeError } from "../kube/errors.ts";
import { problem } from "./http.ts";

export const TOKEN_REVIEWS: ReviewKind = {
  group: "authentication.k8s.io",
  version: "v1",
  resource: "tokenreviews",
  kind: "TokenReview",
};
export const SUBJECT_ACCESS_REVIEWS: ReviewKind = {
  group: "authorization.k8s.io",
  version: "v1",
  resource: "subjectaccessreviews",
  kind: "SubjectAccessReview",
};

/** What a token may: be nobody's, be of somebody who may not scrape, or of somebody who may. */
type Verdict = "unknown" | "forbidden" | "allowed";

/** A scraper comes every 15 to 60 s; whoever loses his role keeps the metrics for a minute. */
const ALLOWED_FOR_MS = 60_000;
/** A role that has just been given counts soon. */
const REFUSED_FOR_MS = 10_000;
/** Scrapers are few: this many are strangers, of whom the oldest is forgotten. */
const MAX_VERDICTS = 256;
/** Strangers must not make the API server work without end. */
const MAX_ASKING = 8;
/** What a header may hold in Node and Go's proxies. */
const MAX_TOKEN_LENGTH = 16 * 1024;

export interface MetricsAccessOptions {
  readonly client: { readonly fetch: KubeFetch };
  readonly log: Logger;
  readonly signal: AbortSignal;
  readonly clock?: Clock;
}

/**
 * Lets those read metrics whom the API server knows by their bearer token, and who may `get` the
 * non-resource URL `/metrics`: what Kubernetes' own components ask, so that a scraper's role for
 * them does here, too. Verdicts are kept for a short time, under the token's SHA-256 digest.
 */
export class MetricsAccess {
  readonly #options: MetricsAccessOptions;
  readonly #clock: Clock;
  /** In order of age. */
  readonly #verdicts = new Map<string, { readonly verdict: Verdict; readonly until: number }>();
  readonly #asking = new Map<string, Promise<Verdict>>();
  #trouble: string | undefined;

  constructor(options: MetricsAccessOptions) {
    this.#options = options;
    this.#clock = options.clock ?? steadyClock;
  }

  /** @returns the answer to a client that may not read metrics; undefined for one that may */
  readonly refusal = async (headers: Headers): Promise<Response | undefined> => {
    // RFC 6750 §2.1; the scheme's case does not count (RFC 9110 §11.1).
    const token = /^bearer +([-A-Za-z0-9._~+/]+=*)$/i.exec(headers.get("authorization") ?? "")?.[1];
    if (token === undefined || token.length > MAX_TOKEN_LENGTH) {
      return unauthorized("send a bearer token of this cluster", "Bearer");
    }
    let verdict: Verdict | undefined;
    try {
      verdict = await this.#verdictOn(token);
      this.#trouble = undefined;
    } catch (thrown) {
      this.#report(thrown, token);
    }
    if (verdict === "allowed") return undefined;
    if (verdict === "unknown") {
      return unauthorized(
        "the API server does not know this token",
        'Bearer error="invalid_token"',
      );
    }
    if (verdict === "forbidden") {
      const detail = "the token's user needs the verb get on the nonResourceURL /metrics";
      return problem(403, "Forbidden", detail);
    }
    const detail = "the API server cannot be asked who you are: try again";
    return problem(503, "Service Unavailable", detail, { "retry-after": "5" });
  };

  /** @returns undefined while too many are being asked about */
  async #verdictOn(token: string): Promise<Verdict | undefined> {
    const digest = createHash("sha256").update(token).digest("base64");
    const known = this.#verdicts.get(digest);
    if (known !== undefined && this.#clock.now() < known.until) return known.verdict;
    this.#verdicts.delete(digest);
    let asking = this.#asking.get(digest);
    if (asking === undefined) {
      if (this.#asking.size >= MAX_ASKING) return undefined;
      asking = this.#ask(token).then((verdict) => {
        this.#keep(digest, verdict);
        return verdict;
      }).finally(() => this.#asking.delete(digest));
      this.#asking.set(digest, asking);
    }
    return await asking;
  }

  async #ask(token: string): Promise<Verdict> {
    const { client, signal } = this.#options;
    const { authenticated, user } = await createReview(TOKEN_REVIEWS, { token }, {
      client,
      signal,
    });
    if (authenticated !== true || typeof user !== "object" || user === null) return "unknown";
    const { username, uid, groups, extra } = user as Readonly<Record<string, unknown>>;
    const { allowed } = await createReview(SUBJECT_ACCESS_REVIEWS, {
      user: username,
      uid,
      groups,
      extra,
      nonResourceAttributes: { path: "/metrics", verb: "get" },
    }, { client, signal });
    return allowed === true ? "allowed" : "forbidden";
  }

  #keep(digest: string, verdict: Verdict): void {
    const forMs = verdict === "allowed" ? ALLOWED_FOR_MS : REFUSED_FOR_MS;
    this.#verdicts.set(digest, { verdict, until: this.#clock.now() + forMs });
    for (const oldest of this.#verdicts.keys()) {
      if (this.#verdicts.size <= MAX_VERDICTS) break;
      this.#verdicts.delete(oldest);
    }
  }

  /** Once, as long as it stays the same. */
  #report(thrown: unknown, token: string): void {
    if (this.#options.signal.aborted) return;
    const error = asKubeError(thrown, "unreachable", "metrics");
    // What a server or a proxy says of a request may quote it.
    const err = error.message.replaceAll(token, "…");
    if (err === this.#trouble) return;
    this.#trouble = err;
    this.#options.log("WARN", "scrapers cannot be reviewed", { code: error.code, err });
  }
}

function unauthorized(detail: string, challenge: string): Response {
  return problem(401, "Unauthorized", detail, { "www-authenticate": challenge });
}
