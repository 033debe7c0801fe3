import { load } from "js-yaml";

/** One value of a chart that a user can set. */
export interface ChartValue {
  /** Keys from the top of `values.yaml`. */
  readonly path: readonly string[];
  readonly default: unknown;
  /** What it means, from its `# -- …` comment. */
  readonly description: string;
  /** JSON Schema keywords from its `# @schema {…}` comment. */
  readonly schema: Readonly<Record<string, unknown>>;
}

/** A `values.yaml` is not commented as it must be. */
export class ValuesError extends Error {
  override readonly name = "ValuesError";
  readonly code = "values";
}

interface Open {
  readonly key: string;
  readonly indent: number;
}

/**
 * Reads a commented `values.yaml`: a key with a `# -- …` comment is a value, a mapping without one
 * is a group. What stands inside a value belongs to its default.
 *
 * @throws {ValuesError} naming the line of a value without a comment, or of a wrong comment
 */
export function readValues(text: string): ChartValue[] {
  const defaults = load(text);
  const values: ChartValue[] = [];
  const groups: Open[] = [];
  let leaf: number | undefined;
  let comment: string[] = [];

  for (const [index, line] of text.split("\n").entries()) {
    const [, space = "", rest = ""] = /^( *)(.*)$/.exec(line) ?? [];
    const indent = space.length;
    if (rest === "") continue;
    if (leaf !== undefined && indent > leaf) continue;
    leaf = undefined;
    if (rest.startsWith("#")) {
      comment.push(rest.replace(/^# ?/, ""));
      continue;
    }
    const key = /^([A-Za-z][\w-]*):/.exec(rest)?.[1];
    if (key === undefined) throw new ValuesError(`line ${index + 1}: expected a key: ${rest}`);
    while ((groups.at(-1)?.indent ?? -1) >= indent) groups.pop();
    const path = [...groups.map((group) => group.key), key];
    const value = at(defaults, path);
    if (comment.some((line) => line.startsWith("-- "))) {
      values.push({ path, default: value, ...readComment(comment, index + 1) });
      leaf = indent;
    } else if (isGroup(value)) {
      groups.push({ key, indent });
    } else {
      throw new ValuesError(`line ${index + 1}: ${path.join(".")} has no comment "# -- …"`);
    }
    comment = [];
  }
  return values;
}

function readComment(lines: readonly string[], before: number) {
  const words: string[] = [];
  let schema: Record<string, unknown> = {};
  for (const line of lines) {
    if (line.startsWith("@schema ")) schema = readSchema(line.slice("@schema ".length), before);
    else words.push(line.replace(/^-- /, ""));
  }
  return { description: words.join(" "), schema };
}

function readSchema(text: string, before: number): Record<string, unknown> {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ValuesError(`before line ${before}: @schema is not JSON: ${text}`, { cause });
  }
}

function isGroup(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) &&
    Object.keys(value).length > 0;
}

function at(root: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((value, key) => (value as Record<string, unknown>)?.[key], root);
}
