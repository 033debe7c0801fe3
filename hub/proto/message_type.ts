/** Kinds of scalar that the protocol uses. */
export type Scalar =
  | "string"
  | "bytes"
  | "bool"
  | "double"
  | "enum"
  | "int32"
  | "uint32"
  | "uint64";

/** Bounds of a value, both ends inclusive; lengths of text count Unicode code points. */
export interface Bounds {
  readonly min?: number;
  readonly max?: number;
}

/** A pair's bounds and how many pairs there may be. */
export interface MapBounds {
  readonly maxPairs: number;
  readonly key: Bounds;
  readonly value: Bounds;
}

/** One field of a message, with the rules that its readers hold it to. */
export interface Field {
  readonly number: number;
  /** Name in our objects (lowerCamelCase). */
  readonly name: string;
  readonly kind: Scalar | "message" | "map";
  readonly bounds?: Bounds;
  readonly map?: MapBounds;
  /** Looked up late: messages may contain themselves. */
  readonly message?: () => MessageType<unknown>;
  /** The field holds a list, of at most this many items. */
  readonly maxItems?: number;
  /** Fields of one group exclude each other: the last one on the wire counts. */
  readonly oneof?: string;
}

/**
 * A message as a table: decoding, encoding and checking all walk it, so that no code is generated,
 * neither before a build nor with `eval` at run time.
 */
export interface MessageType<T> {
  readonly name: string;
  /** By field number; holes are unknown fields. */
  readonly fields: readonly (Field | undefined)[];
  /** As they are written: by number, those of a oneof last, which is Go's order. */
  readonly written: readonly Field[];
  /** A rule over several fields: the text of what is wrong, or undefined. */
  rule?(value: T): string | undefined;
  /** Carries the type of the decoded object; never set. */
  readonly decoded?: T;
}

/** What is said of a field beside its number and kind. */
type Options = Omit<Field, "number" | "name" | "kind">;

/** A field's line in a table; `message` puts the name to it. */
export type Line = Omit<Field, "name">;

export function scalar(number: number, kind: Scalar, bounds?: Bounds, options: Options = {}): Line {
  return { number, kind, ...(bounds === undefined ? {} : { bounds }), ...options };
}

export function nested(
  number: number,
  // A decoded type is only ever produced by these tables, so its variance does not matter.
  // deno-lint-ignore no-explicit-any
  message: () => MessageType<any>,
  options: Options = {},
): Line {
  return { number, kind: "message", message, ...options };
}

/** A `map<string, string>`. */
export function stringMap(number: number, map: MapBounds): Line {
  return { number, kind: "map", map };
}

export function message<T>(
  name: string,
  lines: Record<string, Line>,
  rule?: (value: T) => string | undefined,
): MessageType<T> {
  const fields: Field[] = [];
  for (const [field, line] of Object.entries(lines)) {
    fields[line.number] = { ...line, name: field };
  }
  const present = fields.filter((field) => field !== undefined);
  const written = [
    ...present.filter(({ oneof }) => oneof === undefined),
    ...present.filter(({ oneof }) => oneof !== undefined),
  ];
  return { name, fields, written, ...(rule === undefined ? {} : { rule }) };
}
