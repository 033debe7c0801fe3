/**
 * What a Story's author may leave out: inside of `{{ }}`, a bare `inputs`, `steps` or `packet` gets
 * its leading dot, and `x['k']` becomes `(index x "k")`, which Go has no shorter way to say.
 */
import { quote } from "./format.ts";
import { unquote } from "./literals.ts";

/** Names that an expression may begin with. */
export const ROOTS: ReadonlySet<string> = new Set(["inputs", "steps", "packet"]);

/** Parts of an action: quoted text, which stays as it is, or anything else. */
const PART = /"(?:\\[^]|[^"\\])*"?|'(?:\\[^]|[^'\\])*'?|`[^`]*`?|[^"'`]+/g;

export function normalizeRoots(text: string): string {
  let normalized = "";
  let at = 0;
  for (;;) {
    const open = text.indexOf("{{", at);
    const end = open < 0 ? undefined : actionEnd(text, open + 2);
    if (end === undefined) return normalized + text.slice(at);
    normalized += text.slice(at, open) + "{{" + normalizeAction(text.slice(open + 2, end)) + "}}";
    at = end + 2;
  }
}

function normalizeAction(action: string): string {
  if (/^-?\s*\/\*/.test(action)) return action;
  let previous = "";
  const dotted = action.replace(PART, (part) => {
    const before = previous;
    previous = part;
    if (/^["'`]/.test(part)) return part;
    return part.replace(/[A-Za-z_][A-Za-z0-9_]*/g, (word, index: number) => {
      const last = index > 0 ? part[index - 1] ?? "" : before.at(-1) ?? "";
      return ROOTS.has(word) && !/[.$A-Za-z0-9_]/.test(last) ? `.${word}` : word;
    });
  });
  return subscripts(dotted);
}

/** Where the `}}` of an action is, past quoted text and comments. */
function actionEnd(text: string, start: number): number | undefined {
  const comment = /^-?\s*\/\*/.exec(text.slice(start, start + 64));
  if (comment !== null) {
    const close = text.indexOf("*/", start + comment[0].length);
    const end = close < 0 ? -1 : text.indexOf("}}", close + 2);
    return end < 0 ? undefined : end;
  }
  for (let at = start; at < text.length; at++) {
    const character = text[at];
    if (character === "}" && text[at + 1] === "}") return at;
    if (character === '"' || character === "'" || character === "`") {
      at++;
      while (at < text.length && text[at] !== character) at += skip(text, at, character);
    }
  }
  return undefined;
}

function skip(text: string, at: number, mark: string): number {
  return text[at] === "\\" && mark !== "`" ? 2 : 1;
}

/** Rewrites the leftmost subscript until there is none; each round removes one. */
function subscripts(action: string): string {
  for (let from = 0;;) {
    const found = nextSubscript(action, from);
    if (found === undefined) return action;
    const { open, close, key } = found;
    const start = receiverStart(action, open);
    if (start === open) {
      from = open + 1;
      continue;
    }
    const call = `(index ${action.slice(start, open)} ${quote(key)})`;
    action = action.slice(0, start) + call + action.slice(close + 1);
    from = start;
  }
}

function nextSubscript(
  action: string,
  from: number,
): { open: number; close: number; key: string } | undefined {
  for (let at = from; at < action.length; at++) {
    const character = action[at] ?? "";
    if (character === '"' || character === "'" || character === "`") {
      at++;
      while (at < action.length && action[at] !== character) at += skip(action, at, character);
      continue;
    }
    if (character !== "[") continue;
    const literal = /^\["(?:\\.|[^"\\])*"\]|^\['(?:\\.|[^'\\])*'\]/.exec(action.slice(at))?.[0];
    if (literal === undefined) continue;
    const key = textOf(literal.slice(1, -1));
    if (key !== undefined) return { open: at, close: at + literal.length - 1, key };
  }
  return undefined;
}

/** A key in double quotes, or in single ones as JavaScript and Python write it. */
export function textOf(literal: string): string | undefined {
  const double = literal.startsWith("'")
    ? `"${literal.slice(1, -1).replaceAll("\\'", "'").replaceAll('"', '\\"')}"`
    : literal;
  try {
    return unquote(double);
  } catch {
    return undefined;
  }
}

/** Where the expression before a subscript begins: a dotted path, or a pair of parentheses. */
function receiverStart(action: string, end: number): number {
  let at = end - 1;
  while (at >= 0) {
    const character = action[at] ?? "";
    if (/[A-Za-z0-9._$-]/.test(character)) {
      at--;
      continue;
    }
    if (character !== ")") break;
    let depth = 0;
    for (; at >= 0; at--) {
      if (action[at] === ")") depth++;
      else if (action[at] === "(" && --depth === 0) break;
    }
    at--;
  }
  return at + 1;
}
