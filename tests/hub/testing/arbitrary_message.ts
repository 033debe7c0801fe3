import fc from "fast-check";
import type { Bounds, Field, MessageType } from "../../../hub/proto/message_type.ts";
import { type JsonObject, jsonToStruct } from "../../../hub/proto/struct.ts";

/** Nobody's messages have so much text; what is longer is left to the golden examples. */
const LONGEST = 2_048;

/**
 * Messages of a type, as its table has them: most within the bounds, some at them and some beyond.
 * Not more than one of a oneof: what was overwritten is nobody's.
 */
export function arbitraryMessage(type: MessageType<unknown>): fc.Arbitrary<object> {
  const fields = type.fields.filter((field) => field !== undefined);
  const alone = fields.filter(({ oneof }) => oneof === undefined);
  const groups = Map.groupBy(
    fields.filter(({ oneof }) => oneof !== undefined),
    (each) => each.oneof,
  );
  const parts = [
    fc.record(Object.fromEntries(alone.map((field) => [field.name, value(field)])), {
      requiredKeys: [],
    }),
    ...[...groups.values()].map((group) =>
      fc.oneof(fc.constant({}), ...group.map((field) => fc.record({ [field.name]: value(field) })))
    ),
  ];
  return fc.tuple(...parts).map((chosen) => Object.assign({}, ...chosen));
}

function value(field: Field): fc.Arbitrary<unknown> {
  const { maxItems } = field;
  if (maxItems === undefined) return single(field);
  return fc.oneof(
    { weight: 30, arbitrary: fc.array(single(field), { maxLength: 3 }) },
    around({ max: maxItems }).chain((length) =>
      fc.array(single({ ...field }), { minLength: length, maxLength: length })
    ),
  );
}

function single(field: Field): fc.Arbitrary<unknown> {
  const { kind, bounds, map, message } = field;
  switch (kind) {
    case "string":
      return text(bounds);
    case "bytes":
      return fc.uint8Array({ maxLength: 20 });
    case "bool":
      return fc.boolean();
    case "double":
      return fc.double({ noNaN: true, noDefaultInfinity: true });
    case "enum":
      return fc.integer({ min: 0, max: 20 });
    case "int32":
      return number(bounds, -(2 ** 31), 2 ** 31 - 1);
    case "uint32":
      return number({ min: 0, ...bounds }, 0, 2 ** 32 - 1);
    case "uint64":
      return fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
    case "map":
      return fc.oneof(
        { weight: 30, arbitrary: fc.dictionary(text(map?.key), text(map?.value), { maxKeys: 3 }) },
        around({ max: map?.maxPairs ?? 0 }).map((count) =>
          Object.fromEntries(Array.from({ length: count }, (_, n) => [`k${n}`, ""]))
        ),
      );
    default: {
      const type = message?.();
      if (type === undefined) throw new TypeError(`${field.name} has no type`);
      if (type.name !== "Struct") return arbitraryMessage(type);
      return fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 })).map((json) =>
        jsonToStruct(JSON.parse(JSON.stringify(json)) as JsonObject)
      );
    }
  }
}

/** Both ends of a range, and what is next to them. */
function around({ min, max }: Bounds): fc.Arbitrary<number> {
  const near = (end: number | undefined) => end === undefined ? [] : [end - 1, end, end + 1];
  return fc.constantFrom(...[...near(min), ...near(max)].filter((each) => each >= 0));
}

function number(bounds: Bounds | undefined, least: number, most: number): fc.Arbitrary<number> {
  const usual = fc.integer({ min: bounds?.min ?? least, max: bounds?.max ?? most });
  return bounds === undefined ? usual : fc.oneof({ weight: 20, arbitrary: usual }, around(bounds));
}

/** Lengths count characters, whatever their bytes. */
function text(bounds: Bounds | undefined): fc.Arbitrary<string> {
  const max = Math.min(bounds?.max ?? 8, LONGEST);
  const usual = fc.string({
    unit: "grapheme",
    minLength: bounds?.min ?? 0,
    maxLength: Math.min(max, 8),
  });
  const edge = fc.tuple(fc.constantFrom("a", "ü", "字", "\u{1F600}"), around({ ...bounds, max }));
  return fc.oneof(
    { weight: 20, arbitrary: usual },
    edge.map(([char, length]) => char.repeat(length)),
  );
}
