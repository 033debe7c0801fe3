import type { Random } from "../random.ts";

const IDS = [
  "",
  "a",
  "b",
  "f0",
  "__proto__",
  "constructor",
  "../..",
  "a/b",
  "a\u0000b",
  "a\nb",
  "\u0085",
  "\u2028",
  "😀",
  "\ud800",
  "é".repeat(300),
  "x".repeat(513),
];

const LEAVES: readonly unknown[] = [
  ...IDS,
  null,
  true,
  0,
  -0,
  -1,
  0.5,
  2 ** 53,
  -(2 ** 53),
  1e21,
  Number.MAX_VALUE,
  [],
  {},
  [[]],
  "2024-01-01T00:00:00Z",
  "x".repeat(5_000),
  "snapshot",
  "upsert-nodes",
  "finish-to-start",
  "always",
];

/** A JSON value with one part of it, wherever that is, changed, removed, doubled or renamed. */
export function mutateValue(value: unknown, random: Random): unknown {
  if (typeof value !== "object" || value === null || random.chance(0.15)) {
    return random.pick(LEAVES);
  }
  if (Array.isArray(value)) {
    const at = random.below(value.length + 1);
    const item = value[at];
    switch (random.below(4)) {
      case 0:
        return value.toSpliced(at, 1);
      case 1:
        return value.toSpliced(at, 0, random.pick(LEAVES));
      case 2:
        return [...value, ...value];
      default:
        return at < value.length ? value.with(at, mutateValue(item, random)) : value;
    }
  }
  const fields = Object.entries(value);
  if (fields.length === 0) return { [random.pick(IDS)]: random.pick(LEAVES) };
  const at = random.below(fields.length);
  const [name, item] = fields[at]!;
  switch (random.below(6)) {
    case 0:
      return Object.fromEntries(fields.toSpliced(at, 1));
    case 1:
      // As JSON.parse does it: `__proto__` becomes a field like any other.
      return Object.fromEntries([...fields, [random.pick(IDS), random.pick(LEAVES)]]);
    case 2:
      return Object.fromEntries(fields.with(at, [random.pick(IDS), item]));
    default:
      return Object.fromEntries(fields.with(at, [name, mutateValue(item, random)]));
  }
}

const NUMBERS = [
  "1e999",
  "-1e999",
  "1e-999",
  "-0",
  "0.1e1",
  "9".repeat(400),
  "01",
  "+1",
  "NaN",
  "1.",
];

/** JSON text with one of its tokens made into what JSON may or may not allow. */
export function mutateText(json: string, random: Random): string {
  const at = random.below(json.length + 1);
  const [before, after] = [json.slice(0, at), json.slice(at)];
  switch (random.below(9)) {
    case 0:
      return json.replace(/\d+/, random.pick(NUMBERS));
    case 1:
      return before;
    case 2:
      return before + random.pick(['"', "\\", "{", "]", ",", ":", "\u0000", "\u0007", " "]) + after;
    case 3:
      return `${"[".repeat(random.below(3_000))}${json}`;
    case 4: {
      const depth = 1 + random.below(200);
      return `{"a":`.repeat(depth) + json + "}".repeat(depth);
    }
    case 5:
      return json.replace(/"[^"]*"/, random.pick(['"\\ud800"', '"\\u0000"', '"\\x"', '"\n"', '"']));
    case 6:
      return `\ufeff${json}`;
    case 7:
      return json.replace("}", `,"__proto__":{"polluted":true},"type":"snapshot"}`);
    default:
      return `[${Array.from({ length: random.below(40) }, () => json).join(",")}]`;
  }
}
