import { exportJWK, generateKeyPair, type JWK, SignJWT } from "jose";

export const ISSUER = "https://kubernetes.default.svc";
export const SUBJECT = "system:serviceaccount:flux-system:headrace-adapter";

/** An issuer of tokens with a key set over HTTP, whose keys rotate. */
export class Issuer implements AsyncDisposable {
  #keys: JWK[] = [];
  // jose's own name for it: node's types and the browser's differ once both are loaded.
  #sign: Awaited<ReturnType<typeof generateKeyPair>>["privateKey"] | undefined;
  #kid = 0;
  #tokens = 0;
  fetches = 0;
  readonly #server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, () => {
    this.fetches++;
    return Response.json({ keys: this.#keys });
  });

  get jwksUri(): string {
    return `http://127.0.0.1:${this.#server.addr.port}/keys`;
  }

  /** Signs with another key from now on, and no longer vouches for the last one. */
  async rotate(): Promise<void> {
    const { privateKey, publicKey } = await generateKeyPair("ES256");
    this.#sign = privateKey;
    this.#keys = [{ ...await exportJWK(publicKey), kid: `${++this.#kid}`, alg: "ES256" }];
  }

  /** A token like no other, good for so many seconds. */
  token(claims: Record<string, unknown> = {}, seconds = 60): Promise<string> {
    const jti = `${++this.#tokens}`;
    return new SignJWT({ sub: SUBJECT, aud: "headrace", iss: ISSUER, jti, ...claims })
      .setProtectedHeader({ alg: "ES256", kid: `${this.#kid}` })
      .setExpirationTime(Math.floor(Date.now() / 1000) + seconds)
      .sign(this.#sign!);
  }

  get rule() {
    return {
      issuer: ISSUER,
      audience: "headrace",
      jwksUri: this.jwksUri,
      subjects: [{
        subject: "system:serviceaccount:*:headrace-adapter",
        allow: [{ actions: ["read" as const, "write" as const], flows: ["prod-*"] }],
      }],
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }
}
