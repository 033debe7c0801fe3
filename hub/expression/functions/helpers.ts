import { ExpressionError } from "../errors.ts";
import { storageRef } from "../storage_ref.ts";
import { entriesOf, GoInt, int, isMap, itemsOf, typeName } from "../values.ts";
import { byteLength } from "./bytes.ts";
import { fail, fn } from "./define.ts";
import { sha256 } from "./encoding.ts";

/** The original's own functions. Those that need the data refuse what lies in storage. */
export const HELPERS = {
  len: fn("any", (_, value) => {
    if (value === null) return int(0);
    refuseOffloaded("len", value);
    if (typeof value === "string") return int(byteLength(value));
    const items = itemsOf(value);
    if (items !== undefined) return int(items.length);
    const entries = entriesOf(value);
    if (entries !== undefined) return int(Object.keys(entries).length);
    throw fail(`len: unsupported argument type ${typeName(value)}`);
  }),
  hash_of: fn("any", (_, value) => {
    if (value === null) throw fail("hash_of: value is null");
    refuseOffloaded("hash_of", value);
    if (typeof value === "string") return sha256(value);
    throw fail(`hash_of: unsupported argument type ${typeName(value)}`);
  }),
  type_of: fn("any", (_, value) => {
    if (value === null) return "null";
    const offloaded = storageRef(value);
    if (offloaded !== undefined) return `offloaded(${offloaded})`;
    if (typeof value === "number" || value instanceof GoInt) return "number";
    if (typeof value === "boolean") return "bool";
    if (typeof value === "string") return "string";
    return itemsOf(value) === undefined ? "object" : "array";
  }),
  exists: fn("any", (_, value) => value !== null),
  sample: fn("any", (_, value) => {
    refuseOffloaded("sample", value);
    return value;
  }),
};

function refuseOffloaded(operation: string, value: unknown): void {
  const reference = isMap(value) ? storageRef(value) : undefined;
  if (reference !== undefined) {
    throw new ExpressionError("offloaded", `${operation} requires hydrated data for ${reference}`);
  }
}
