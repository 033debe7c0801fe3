/** Paths such as `.steps.asr.text`: what is one, whole, keeps the type of what it leads to. */
import { ExpressionError } from "./errors.ts";
import { textOf } from "./roots.ts";
import { referenceOf, STORAGE_PATH, STORAGE_REF } from "./storage_ref.ts";
import { isMap, itemsOf, lookUp, mapOf, typeName } from "./values.ts";

export interface Path {
  readonly root: string;
  /** Keys of maps and indexes of lists. */
  readonly segments: readonly (string | number)[];
}

const STEP = /\.([A-Za-z0-9_-]+)|\[\s*(\d+)\s*\]|\[("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')\]/y;
const INDEX = /^index\s+\.?([A-Za-z_][A-Za-z0-9_]*)\s+("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')$/;

/**
 * Reads the body of an action, with its roots normalised, as a path.
 *
 * @returns undefined when it is anything else
 */
export function parsePath(body: string): Path | undefined {
  const call = INDEX.exec(body);
  if (call !== null) return begin(call[1], call[2], "");
  if (body.startsWith("(")) {
    const close = closing(body);
    const inner = close === undefined ? undefined : parsePath(body.slice(1, close).trim());
    if (inner === undefined || close === undefined) return undefined;
    const rest = parseSteps(body.slice(close + 1));
    return rest && { root: inner.root, segments: [...inner.segments, ...rest] };
  }
  // `index` of a path in parentheses: what two subscripts in a row become.
  const nested = /^index\s+(\(.*\))\s+("(?:\\.|[^"\\])*")$/s.exec(body);
  if (nested !== null) {
    const inner = parsePath(nested[1] ?? "");
    const key = textOf(nested[2] ?? "");
    return inner && key !== undefined
      ? { root: inner.root, segments: [...inner.segments, key] }
      : undefined;
  }
  const root = /^\.([A-Za-z0-9_]+)/.exec(body);
  if (root === null) return undefined;
  // A hyphen is no part of a name that stands after a dot; Go's parser refuses it.
  const steps = /^[^"]*-/.test(body) ? undefined : parseSteps(body.slice(root[0].length));
  return steps && { root: root[1] ?? "", segments: steps };
}

function begin(
  root: string | undefined,
  literal: string | undefined,
  rest: string,
): Path | undefined {
  const key = textOf(literal ?? "");
  const steps = parseSteps(rest);
  if (root === undefined || key === undefined || steps === undefined) return undefined;
  return { root, segments: [key, ...steps] };
}

function parseSteps(text: string): (string | number)[] | undefined {
  const segments: (string | number)[] = [];
  let at = 0;
  while (at < text.length) {
    STEP.lastIndex = at;
    const match = STEP.exec(text);
    if (match === null) return undefined;
    const key = match[3] === undefined ? match[1] : textOf(match[3]);
    if (match[2] !== undefined) segments.push(Number(match[2]));
    else if (key !== undefined) segments.push(key);
    else return undefined;
    at = STEP.lastIndex;
  }
  return segments;
}

/** The parenthesis that closes the first one, past quoted text. */
function closing(text: string): number | undefined {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '"') {
      at++;
      while (at < text.length && text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
    } else if (text[at] === "(") depth++;
    else if (text[at] === ")" && --depth === 0) return at;
  }
  return undefined;
}

/**
 * The value that a path leads to, with its type.
 *
 * @throws {ExpressionError} `blocked` when a step has nothing there yet, `missing` when anything
 * else has not, `exec` when a segment does not fit what it is applied to
 */
export function followPath(
  { root, segments }: Path,
  vars: Readonly<Record<string, unknown>>,
): unknown {
  const selector = root === "steps" ? storageSelector(segments, vars) : undefined;
  if (selector !== undefined) return selector;
  if (!Object.hasOwn(vars, root)) throw missing(root, root);
  return follow(root, segments, vars[root]);
}

function follow(root: string, segments: readonly (string | number)[], from: unknown): unknown {
  let value = from;
  let place = root;
  for (const segment of segments) {
    if (typeof segment === "number") {
      const items = itemsOf(value);
      if (items === undefined) {
        throw new ExpressionError("exec", `cannot index into ${typeName(value)} at ${place}`);
      }
      place += `[${segment}]`;
      if (segment >= items.length) throw missing(root, place);
      value = items[segment] ?? null;
    } else {
      // A step that has put out null has nothing there yet, like one that has put out nothing.
      if (value === null && root === "steps") throw missing(root, `${place}.${segment}`);
      if (!isMap(value)) {
        throw new ExpressionError(
          "exec",
          `cannot access key "${segment}" on ${typeName(value)} at ${place}`,
        );
      }
      place += `.${segment}`;
      if (!Object.hasOwn(value, segment)) throw missing(root, place);
      value = lookUp(value, segment);
    }
  }
  return value;
}

function missing(root: string, place: string): ExpressionError {
  return root === "steps"
    ? new ExpressionError("blocked", `nothing at ${place} yet`)
    : new ExpressionError("missing", `missing key at ${place}`);
}

/** Below an output that lies in storage, a path becomes the reference and the rest of the path. */
function storageSelector(
  segments: readonly (string | number)[],
  vars: Readonly<Record<string, unknown>>,
): unknown {
  const at = segments.findIndex((segment) => segment === "output" || segment === "outputs");
  const rest = segments.slice(at + 1);
  if (at < 0 || rest.length === 0) return undefined;
  let output: unknown;
  try {
    output = follow("steps", segments.slice(0, at + 1), vars["steps"]);
  } catch (error) {
    if (error instanceof ExpressionError) return undefined;
    throw error;
  }
  const reference = referenceOf(output);
  if (reference === undefined) return undefined;
  const path = rest.reduce<string>(
    (text, segment) =>
      typeof segment === "number"
        ? `${text}[${segment}]`
        : text === ""
        ? segment
        : `${text}.${segment}`,
    "",
  );
  return mapOf([[STORAGE_REF, reference], [STORAGE_PATH, path]]);
}
