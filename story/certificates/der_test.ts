import { assertEquals } from "@std/assert";
import fc from "fast-check";
import * as der from "./der.ts";

function hex(bytes: Uint8Array): string {
  return bytes.toHex();
}

Deno.test("lengths take the short form below 128 and the long form from there", () => {
  const prefix = (size: number) => hex(der.octetString(new Uint8Array(size)).slice(0, 4));
  assertEquals(prefix(0), "0400");
  assertEquals(prefix(127), "047f0000");
  assertEquals(prefix(128), "04818000");
  assertEquals(prefix(255), "0481ff00");
  assertEquals(prefix(256), "04820100");
});

Deno.test("integers are minimal and never negative", () => {
  assertEquals(hex(der.integer(Uint8Array.of())), "020100");
  assertEquals(hex(der.integer(Uint8Array.of(0, 0, 2))), "020102");
  assertEquals(hex(der.integer(Uint8Array.of(0x7f))), "02017f");
  assertEquals(hex(der.integer(Uint8Array.of(0x80))), "02020080");
});

Deno.test("every integer reads back as the number that was encoded", () => {
  fc.assert(fc.property(fc.uint8Array({ minLength: 1, maxLength: 20 }), (octets) => {
    const encoded = der.integer(octets);
    assertEquals(encoded[1], encoded.length - 2);
    assertEquals(
      BigInt(`0x${hex(encoded.subarray(2))}`),
      BigInt(`0x${hex(octets)}`),
    );
  }));
});

Deno.test("object identifiers are encoded as the standards print them", () => {
  // ecdsa-with-SHA256 (RFC 5758 §3.2), subjectAltName and serverAuth (RFC 5280).
  assertEquals(hex(der.objectIdentifier("1.2.840.10045.4.3.2")), "06082a8648ce3d040302");
  assertEquals(hex(der.objectIdentifier("2.5.29.17")), "0603551d11");
  assertEquals(hex(der.objectIdentifier("1.3.6.1.5.5.7.3.1")), "06082b06010505070301");
});

Deno.test("times are UTC in whole seconds", () => {
  const encoded = der.utcTime(new Date("2026-11-20T18:22:35.987Z"));
  assertEquals(new TextDecoder().decode(encoded.subarray(2)), "261120182235Z");
});

Deno.test("values nest", () => {
  assertEquals(
    hex(der.sequence(der.boolean(true), der.explicit(0, der.set(der.utf8String("a"))))),
    "300a0101ff" + "a005" + "3103" + "0c0161",
  );
  assertEquals(hex(der.implicit(7, Uint8Array.of(127, 0, 0, 1))), "87047f000001");
  assertEquals(hex(der.bitString(Uint8Array.of(0x06), 1)), "03020106");
});
