/**
 * Certificates for TLS on one machine, made in the process: the machine need not have openssl, and a
 * certificate costs about a millisecond instead of a child process. Profile: RFC 5280.
 */
import { Buffer } from "node:buffer";
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import * as der from "./der.ts";

/** A certificate and its private key, both PEM. */
export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

/** Whom a certificate names, and what for. */
export interface Subject {
  readonly commonName: string;
  /** Kubernetes reads a client's groups from here. */
  readonly organizations?: readonly string[];
  /** `peer`: both, for who is dialled and dials. */
  readonly usage: "server" | "client" | "peer";
  /** Names that a server is reached by. */
  readonly dnsNames?: readonly string[];
  /** IPv4 addresses that a server is reached by. */
  readonly addresses?: readonly string[];
}

/** A certificate authority of its own. */
export interface Authority {
  /** Its self-signed certificate, PEM. */
  readonly certificate: string;
  issue(subject: Subject): KeyPair;
}

const OID = {
  commonName: "2.5.4.3",
  organization: "2.5.4.10",
  ecdsaWithSha256: "1.2.840.10045.4.3.2",
  subjectKeyIdentifier: "2.5.29.14",
  keyUsage: "2.5.29.15",
  subjectAltName: "2.5.29.17",
  basicConstraints: "2.5.29.19",
  authorityKeyIdentifier: "2.5.29.35",
  extendedKeyUsage: "2.5.29.37",
  server: "1.3.6.1.5.5.7.3.1",
  client: "1.3.6.1.5.5.7.3.2",
} as const;

/** Bits of the KeyUsage extension (RFC 5280 §4.2.1.3), first bit highest. */
const DIGITAL_SIGNATURE = der.bitString(Uint8Array.of(0b1000_0000), 7);
const CERTIFICATE_AND_CRL_SIGN = der.bitString(Uint8Array.of(0b0000_0110), 1);

/** Not before: an hour ago, for clocks that differ. Not after: nothing here runs for a week. */
const VALID_FROM = -3_600_000;
const VALID_TO = 7 * 24 * 3_600_000;

/** Makes an authority with a fresh P-256 key. */
export function createAuthority(commonName: string, now: Date = new Date()): Authority {
  const keys = generateKeys();
  const issuer = name(commonName, []);
  const common = { issuer, signer: keys.private, authority: keys.identifier, now };
  const certificate = certify({
    ...common,
    subject: issuer,
    publicKey: keys.public,
    extensions: [
      extension(OID.basicConstraints, der.sequence(der.boolean(true)), true),
      extension(OID.keyUsage, CERTIFICATE_AND_CRL_SIGN, true),
      extension(OID.subjectKeyIdentifier, der.octetString(keys.identifier)),
    ],
  });
  return {
    certificate,
    issue(subject) {
      const { public: publicKey, private: key } = generateKeys();
      const names = alternativeNames(subject);
      return {
        key: key.export({ type: "pkcs8", format: "pem" }).toString(),
        certificate: certify({
          ...common,
          subject: name(subject.commonName, subject.organizations ?? []),
          publicKey,
          extensions: [
            extension(OID.basicConstraints, der.sequence(), true),
            extension(OID.keyUsage, DIGITAL_SIGNATURE, true),
            extension(OID.extendedKeyUsage, der.sequence(...usages(subject.usage))),
            ...(names.length === 0 ? [] : [extension(OID.subjectAltName, der.sequence(...names))]),
          ],
        }),
      };
    },
  };
}

/** A fresh P-256 key pair as PEM, for signers that want no certificate (ServiceAccount tokens). */
export function createKeys(): { readonly private: string; readonly public: string } {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return {
    private: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    public: publicKey.export({ type: "spki", format: "pem" }).toString(),
  };
}

function usages(usage: Subject["usage"]): Uint8Array[] {
  const which = usage === "peer" ? ["server", "client"] as const : [usage];
  return which.map((one) => der.objectIdentifier(OID[one]));
}

interface Keys {
  readonly private: KeyObject;
  /** SubjectPublicKeyInfo, DER. */
  readonly public: Uint8Array;
  /** Key identifier: 160 bits of the key's SHA-256 (RFC 7093 §2). */
  readonly identifier: Uint8Array;
}

function generateKeys(): Keys {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const info = publicKey.export({ type: "spki", format: "der" });
  const identifier = createHash("sha256").update(info).digest().subarray(0, 20);
  return { private: privateKey, public: info, identifier };
}

interface Content {
  readonly issuer: Uint8Array;
  readonly signer: KeyObject;
  /** Key identifier of the signer. */
  readonly authority: Uint8Array;
  readonly subject: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly extensions: readonly Uint8Array[];
  readonly now: Date;
}

/** RFC 5280 §4.1. */
function certify(content: Content): string {
  const algorithm = der.sequence(der.objectIdentifier(OID.ecdsaWithSha256));
  const time = content.now.getTime();
  const toBeSigned = der.sequence(
    der.explicit(0, der.integer(Uint8Array.of(2))),
    der.integer(randomBytes(16)),
    algorithm,
    content.issuer,
    der.sequence(
      der.utcTime(new Date(time + VALID_FROM)),
      der.utcTime(new Date(time + VALID_TO)),
    ),
    content.subject,
    content.publicKey,
    der.explicit(
      3,
      der.sequence(
        ...content.extensions,
        extension(
          OID.authorityKeyIdentifier,
          der.sequence(der.implicit(0, content.authority)),
        ),
      ),
    ),
  );
  const signature = sign("sha256", toBeSigned, content.signer);
  return pem(der.sequence(toBeSigned, algorithm, der.bitString(signature)));
}

function name(commonName: string, organizations: readonly string[]): Uint8Array {
  const attribute = (type: string, value: string) =>
    der.set(der.sequence(der.objectIdentifier(type), der.utf8String(value)));
  return der.sequence(
    ...organizations.map((organization) => attribute(OID.organization, organization)),
    attribute(OID.commonName, commonName),
  );
}

function alternativeNames({ dnsNames = [], addresses = [] }: Subject): Uint8Array[] {
  return [
    ...dnsNames.map((dns) => der.implicit(2, new TextEncoder().encode(dns))),
    ...addresses.map((address) => der.implicit(7, Uint8Array.from(address.split(".").map(Number)))),
  ];
}

function extension(type: string, value: Uint8Array, critical = false): Uint8Array {
  // FALSE is the default of `critical`, and DER leaves defaults out.
  const mark = critical ? [der.boolean(true)] : [];
  return der.sequence(der.objectIdentifier(type), ...mark, der.octetString(value));
}

function pem(certificate: Uint8Array): string {
  const lines = Buffer.from(certificate).toString("base64").match(/.{1,64}/g) ?? [];
  return ["-----BEGIN CERTIFICATE-----", ...lines, "-----END CERTIFICATE-----", ""].join("\n");
}
