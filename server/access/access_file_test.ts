import { assertEquals, assertFalse, assertThrows } from "@std/assert";
import { ContractError } from "../../contracts/contract_error.ts";
import { parseAccessFile } from "./access_file.ts";

const ALLOW = [{ actions: ["read"], flows: ["*"] }];
const HASH = "0".repeat(64);

Deno.test("an empty access file lets nobody in", () => {
  assertEquals(parseAccessFile("{}"), { tokens: [], issuers: [], hmacKeys: [] });
});

const REFUSED: [name: string, value: unknown, detail: string][] = [
  [
    "a token in the clear",
    { tokens: [{ name: "a", sha256: "secret", allow: ALLOW }] },
    "tokens.0.sha256",
  ],
  [
    "an unknown field",
    { tokens: [{ name: "a", sha256: HASH, token: "x", allow: ALLOW }] },
    "tokens.0",
  ],
  [
    "a token that allows nothing",
    { tokens: [{ name: "a", sha256: HASH, allow: [] }] },
    "tokens.0.allow",
  ],
  [
    "an unknown action",
    { tokens: [{ name: "a", sha256: HASH, allow: [{ actions: ["admin"], flows: ["*"] }] }] },
    "tokens.0.allow.0.actions.0",
  ],
  ["an issuer without keys", {
    issuers: [{ issuer: "i", audience: "a", subjects: [{ subject: "s", allow: ALLOW }] }],
  }, "either jwksUri or jwksFile"],
  ["an issuer without audience", {
    issuers: [{ issuer: "i", jwksFile: "k", subjects: [{ subject: "s", allow: ALLOW }] }],
  }, "issuers.0.audience"],
];

for (const [name, value, detail] of REFUSED) {
  Deno.test(`access file: ${name} is refused by its place`, () => {
    const error = assertThrows(() => parseAccessFile(JSON.stringify(value)), ContractError, detail);
    assertFalse(error.message.includes("secret"));
  });
}

Deno.test("a broken access file does not repeat its text", () => {
  const error = assertThrows(() => parseAccessFile('{"token": "secret'), ContractError);
  assertFalse(error.message.includes("secret"));
});
