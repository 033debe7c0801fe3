import { createHash } from "node:crypto";
import { fn } from "./define.ts";

/** sprig's checksums and encodings. */
export const ENCODING = {
  sha1sum: fn("string", (_, s: string) => createHash("sha1").update(s).digest("hex")),
  sha256sum: fn("string", (_, s: string) => sha256(s)),
  adler32sum: fn("string", (_, s: string) => String(adler32(encode(s)))),
  b64enc: fn("string", (_, s: string) => encode(s).toBase64()),
  b64dec: fn("string", (_, s: string) => decodeBase64(s)),
  b32enc: fn("string", (_, s: string) => encodeBase32(encode(s))),
  b32dec: fn("string", (_, s: string) => decodeBase32(s)),
};

export function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function encode(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

const decoder = new TextDecoder();

function adler32(bytes: Uint8Array): number {
  let a = 1;
  let b = 0;
  for (const byte of bytes) {
    a = (a + byte) % 65_521;
    b = (b + a) % 65_521;
  }
  return b * 65_536 + a;
}

/** Go skips line breaks, wants the padding, and puts its error where the text would be. */
function decodeBase64(text: string): string {
  const alphabet = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
  const plain = text.replace(/[\r\n]/g, "");
  if (!alphabet.test(plain)) return `illegal base64 data at input byte ${firstWrong(text)}`;
  return decoder.decode(Uint8Array.fromBase64(plain));
}

function firstWrong(text: string): number {
  let count = 0;
  for (const [index, character] of [...text].entries()) {
    if (character === "\r" || character === "\n") continue;
    if (character === "=") {
      // Padding may begin at the third character of four.
      if (count % 4 < 2) return index;
      const rest = text.slice(index + 1).replace(/[\r\n]/g, "");
      if (count % 4 === 2 && rest[0] !== "=") return rest === "" ? text.length : index;
      const after = count % 4 === 2 ? 2 : 1;
      return index + after;
    }
    if (!/[A-Za-z0-9+/]/.test(character)) return index;
    count++;
  }
  // A group that is cut short begins there where its first character stands.
  return text.length - (count % 4);
}

const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

function encodeBase32(bytes: Uint8Array): string {
  let bits = "";
  for (const byte of bytes) bits += byte.toString(2).padStart(8, "0");
  const text = (bits.match(/.{1,5}/g) ?? [])
    .map((group) => BASE32[parseInt(group.padEnd(5, "0"), 2)]).join("");
  return text.padEnd(Math.ceil(text.length / 8) * 8, "=");
}

function decodeBase32(text: string): string {
  const plain = text.replace(/[\r\n]/g, "");
  if (
    !/^(?:[A-Z2-7]{8})*(?:[A-Z2-7]{2}={6}|[A-Z2-7]{4}={4}|[A-Z2-7]{5}={3}|[A-Z2-7]{7}=)?$/.test(
      plain,
    )
  ) {
    const wrong = plain.search(/[^A-Z2-7=]/);
    return `illegal base32 data at input byte ${wrong < 0 ? plain.length : wrong}`;
  }
  let bits = "";
  for (const character of plain.replace(/=+$/, "")) {
    bits += BASE32.indexOf(character).toString(2).padStart(5, "0");
  }
  const bytes = (bits.match(/.{8}/g) ?? []).map((byte) => parseInt(byte, 2));
  return decoder.decode(Uint8Array.from(bytes));
}
