const encoder = new TextEncoder();

/** A JSON Web Token signed with HS256 (RFC 7515 §3.1), for peers that take none without. */
export async function signToken(secret: string, claims: unknown): Promise<string> {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", encoder.encode(secret), algorithm, false, [
    "sign",
  ]);
  const signed = [{ alg: "HS256", typ: "JWT" }, claims]
    .map((part) => base64url(encoder.encode(JSON.stringify(part))))
    .join(".");
  const signature = await crypto.subtle.sign("HMAC", key, encoder.encode(signed));
  return `${signed}.${base64url(new Uint8Array(signature))}`;
}

function base64url(bytes: Uint8Array): string {
  return bytes.toBase64({ alphabet: "base64url", omitPadding: true });
}
