/**
 * Texts as Go has them: bytes of UTF-8, here as one character for each byte. What cuts a text by
 * bytes works on these; back in Unicode, a cut through a character leaves U+FFFD.
 */

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export function byteLength(text: string): number {
  return isAscii(text) ? text.length : encoder.encode(text).length;
}

/** Applies a function to the bytes of a text. */
export function onBytes(text: string, apply: (bytes: string) => string): string {
  return isAscii(text) ? fromBytes(apply(text)) : fromBytes(apply(toBytes(text)));
}

export function toBytes(text: string): string {
  if (isAscii(text)) return text;
  let bytes = "";
  for (const byte of encoder.encode(text)) bytes += String.fromCharCode(byte);
  return bytes;
}

function fromBytes(bytes: string): string {
  if (isAscii(bytes)) return bytes;
  return decoder.decode(Uint8Array.from(bytes, (character) => character.charCodeAt(0)));
}

function isAscii(text: string): boolean {
  // deno-lint-ignore no-control-regex -- all of ASCII, where bytes are characters
  return /^[\x00-\x7f]*$/.test(text);
}
