import { X509Certificate } from "node:crypto";
import { assert, assertEquals, assertFalse, assertRejects } from "@std/assert";
import { createAuthority, type KeyPair } from "./x509.ts";

const authority = createAuthority("Mill CA");
const server = authority.issue({
  commonName: "mill",
  usage: "server",
  dnsNames: ["localhost"],
  addresses: ["127.0.0.1"],
});

/** A TLS server that says "ground" to the one client of the test. */
function listen({ certificate, key }: KeyPair) {
  const listener = Deno.listenTls({ hostname: "127.0.0.1", port: 0, cert: certificate, key });
  const done = (async () => {
    try {
      using connection = await listener.accept();
      await connection.write(new TextEncoder().encode("ground"));
    } catch {
      // A client that refuses the certificate ends the handshake: the test looks at its error.
    }
  })();
  return { listener, port: listener.addr.port, done };
}

async function read(port: number, ca: string): Promise<string> {
  using connection = await Deno.connectTls({ hostname: "127.0.0.1", port, caCerts: [ca] });
  const buffer = new Uint8Array(64);
  const size = await connection.read(buffer) ?? 0;
  return new TextDecoder().decode(buffer.subarray(0, size));
}

Deno.test("a TLS client that trusts the authority accepts the server", async () => {
  const { listener, port, done } = listen(server);
  using _ = listener;
  assertEquals(await read(port, authority.certificate), "ground");
  await done;
});

Deno.test("a TLS client refuses another authority, another address and a client's certificate", async () => {
  const other = createAuthority("Mill CA");
  const elsewhere = authority.issue({ commonName: "x", usage: "server", addresses: ["127.0.0.2"] });
  const client = authority.issue({ commonName: "ada", usage: "client", addresses: ["127.0.0.1"] });
  for (
    const [pair, ca] of [
      [server, other.certificate],
      [elsewhere, authority.certificate],
      [client, authority.certificate],
    ] as const
  ) {
    const { listener, port, done } = listen(pair);
    using _ = listener;
    await assertRejects(() => read(port, ca), Deno.errors.InvalidData);
    await done;
  }
});

Deno.test("an independent reader sees the subject, the validity and the issuer", () => {
  const now = new Date("2026-11-20T18:00:00Z");
  const ca = createAuthority("Dated CA", now);
  const pair = ca.issue({
    commonName: "ada",
    organizations: ["millers", "readers"],
    usage: "client",
  });
  const certificate = new X509Certificate(pair.certificate);
  assert(new X509Certificate(server.certificate).checkHost("localhost") === "localhost");
  const root = new X509Certificate(ca.certificate);
  assertEquals(certificate.subject, "O=millers\nO=readers\nCN=ada");
  assertEquals(certificate.issuer, "CN=Dated CA");
  assert(root.ca);
  assertFalse(certificate.ca);
  assertEquals(new Date(certificate.validFrom).toISOString(), "2026-11-20T17:00:00.000Z");
  assertEquals(new Date(certificate.validTo).toISOString(), "2026-11-27T18:00:00.000Z");
});
