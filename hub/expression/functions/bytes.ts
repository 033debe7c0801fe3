/** Texts as Go has them: bytes of UTF-8. A cut through a character leaves U+FFFD. */

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export function byteLength(text: string): number {
  return encoder.encode(text).length;
}

/** `text[start:end]` by bytes. */
export function byteSlice(text: string, start: number, end?: number): string {
  // deno-lint-ignore no-control-regex -- all of ASCII, where bytes are characters
  if (/^[\x00-\x7f]*$/.test(text)) return text.slice(start, end);
  return decoder.decode(encoder.encode(text).slice(start, end));
}
