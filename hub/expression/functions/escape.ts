import { hex, isPrint } from "../format.ts";

const HTML: Readonly<Record<string, string>> = {
  "\0": "\ufffd",
  '"': "&#34;",
  "'": "&#39;",
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
};

/** `template.HTMLEscapeString`. */
export function htmlEscape(text: string): string {
  return text.replace(/[\0"'&<>]/g, (character) => HTML[character] ?? character);
}

/** `template.JSEscapeString`. */
export function jsEscape(text: string): string {
  let escaped = "";
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    if ("\\'\"".includes(character)) escaped += `\\${character}`;
    else if ("<>&=".includes(character) || code < 0x20) {
      escaped += `\\u${hex(code, 4).toUpperCase()}`;
    } else if (code < 0x80 || isPrint(character)) escaped += character;
    else escaped += `\\u${hex(code, 4).toUpperCase()}`;
  }
  return escaped;
}

/** `url.QueryEscape`. */
export function queryEscape(text: string): string {
  return encodeURIComponent(text.toWellFormed())
    .replace(/[!'()*]/g, (character) => `%${hex(character.charCodeAt(0), 2).toUpperCase()}`)
    .replaceAll("%20", "+");
}
