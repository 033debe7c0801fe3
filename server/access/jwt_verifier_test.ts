import { assertEquals, assertRejects } from "@std/assert";
import { Issuer, SUBJECT } from "../testing/issuer.ts";
import { JwtVerifier, TokenError } from "./jwt_verifier.ts";

/** A verifier that knows the issuer, on a clock that is set by hand. */
async function setUp(issuer: Issuer, keyCooldown: number) {
  const clock = { now: Date.now() };
  const verifier = await JwtVerifier.create([issuer.rule], {
    readFile: Deno.readTextFile,
    now: () => clock.now,
    keyCooldown,
  });
  return { clock, verifier };
}

async function assertRefused(
  verifier: JwtVerifier,
  token: string,
  code: TokenError["code"],
): Promise<void> {
  const error = await assertRejects(() => verifier.verify(token), TokenError);
  assertEquals(error.code, code, error.message);
}

Deno.test("a key set is fetched once for many tokens, and anew for a key that is new", async () => {
  await using issuer = new Issuer();
  await issuer.rotate();
  const { verifier } = await setUp(issuer, 0);
  const tokens = await Promise.all(Array.from({ length: 20 }, () => issuer.token()));
  const names = await Promise.all(tokens.map((token) => verifier.verify(token)));
  assertEquals(new Set(names.map(({ name }) => name)), new Set([SUBJECT]));
  assertEquals(issuer.fetches, 1);

  const old = await issuer.token();
  await issuer.rotate();
  assertEquals((await verifier.verify(await issuer.token())).name, SUBJECT);
  assertEquals(issuer.fetches, 2);
  // The issuer no longer vouches for the key of this one.
  await assertRefused(verifier, old, "invalid");
});

Deno.test("tokens that name unknown keys make no fetch before the cooldown is over", async () => {
  await using issuer = new Issuer();
  await issuer.rotate();
  const { verifier } = await setUp(issuer, 60_000);
  const known = await Promise.all([issuer.token(), issuer.token()]);
  await verifier.verify(known[0]);
  await issuer.rotate();
  for (let i = 0; i < 20; i++) await assertRefused(verifier, await issuer.token(), "invalid");
  assertEquals(issuer.fetches, 1);
  await verifier.verify(known[1]);
});

Deno.test("while an issuer is away its known keys are good, and new ones can be had later", async () => {
  const issuer = new Issuer();
  await issuer.rotate();
  const { verifier } = await setUp(issuer, 0);
  await verifier.verify(await issuer.token());
  const known = await issuer.token();
  await issuer.rotate();
  const unknown = await issuer.token();
  await issuer[Symbol.asyncDispose]();
  await verifier.verify(known);
  await assertRefused(verifier, unknown, "unavailable");
});

Deno.test("a good token is good for a minute without a look at its key, and no longer", async () => {
  await using issuer = new Issuer();
  await issuer.rotate();
  const { clock, verifier } = await setUp(issuer, 0);
  const token = await issuer.token({}, 3_600);
  const verified = await verifier.verify(token);
  await issuer.rotate();
  // Makes the verifier forget the key of the first.
  await verifier.verify(await issuer.token());
  clock.now += 59_000;
  assertEquals(await verifier.verify(token), verified);
  clock.now += 1_000;
  await assertRefused(verifier, token, "invalid");
});

Deno.test("a token that was refused is looked at again", async () => {
  await using issuer = new Issuer();
  await issuer.rotate();
  const { verifier } = await setUp(issuer, 0);
  const token = await issuer.token({ aud: "another" });
  for (let i = 0; i < 2; i++) await assertRefused(verifier, token, "invalid");
});
