import { assertEquals } from "@std/assert";
import { createHmac } from "node:crypto";
import { HmacKeys } from "./hmac_keys.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const rule = (name: string, key: string) => ({ name, key, keyFile: "x", allow: [] });
const sign = (hash: string, key: string, body: string) =>
  `${hash}=${createHmac(hash, key).update(body).digest("hex")}`;

Deno.test("the signatures of RFC 4231, test case 2, are good, and nothing near them", () => {
  const keys = new HmacKeys([rule("jefe", "Jefe")]);
  const body = bytes("what do ya want for nothing?");
  const sha256 = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
  const sha224 = "a30e01098bc6dbbf45690f3a7e9e6d0f8bbea2a39e6148008fd05e44";
  assertEquals(keys.find(`sha256=${sha256}`, body)?.name, "jefe");
  assertEquals(keys.find(`sha224=${sha224}`, body)?.name, "jefe");
  for (
    const wrong of [
      "",
      sha256,
      "sha256=",
      `sha256=${sha256.slice(0, -2)}`,
      `sha256=${sha256.slice(0, -1)}`,
      `sha256=${sha256}00`,
      `sha256=${sha256}0`,
      `sha256=${sha256.replace("5b", "5c")}`,
      `sha256=${sha256}, sha256=${sha256}`,
      `sha512=${sha256}`,
      `md5=${sha256.slice(0, 32)}`,
    ]
  ) assertEquals(keys.find(wrong, body), undefined, wrong);
  assertEquals(keys.find(`sha256=${sha256}`, bytes("what do ya want")), undefined);
});

Deno.test("of several keys the one that signed says who it was", () => {
  const keys = new HmacKeys([rule("old", "key-number-one"), rule("new", "key-number-two")]);
  for (const hash of ["sha224", "sha256", "sha384", "sha512"]) {
    assertEquals(keys.find(sign(hash, "key-number-two", "{}"), bytes("{}"))?.name, "new");
    assertEquals(keys.find(sign(hash, "key-number-three", "{}"), bytes("{}")), undefined);
  }
  assertEquals(new HmacKeys([]).find(sign("sha256", "", "{}"), bytes("{}")), undefined);
});

Deno.test("the line end of a key file may have been part of the sender's key, or not", () => {
  const keys = new HmacKeys([rule("file", "s3cret-in-a-file\n")]);
  for (const key of ["s3cret-in-a-file\n", "s3cret-in-a-file"]) {
    assertEquals(keys.find(sign("sha256", key, "{}"), bytes("{}"))?.name, "file");
  }
});
