import { WireError } from "./wire_error.ts";
import { WireReader, WireType } from "./wire_reader.ts";
import { WireWriter } from "./wire_writer.ts";
import { MAX_DEPTH } from "./codec.ts";

/** A JSON value, as google.protobuf.Value holds it. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export type JsonObject = { readonly [key: string]: Json };

/**
 * Reads a google.protobuf.Struct.
 *
 * @throws {WireError} `malformed`
 */
export function structToJson(bytes: Uint8Array): JsonObject {
  return readStruct(new WireReader(bytes), 0);
}

/**
 * Writes a JSON object as a google.protobuf.Struct. Its numbers are doubles: integers beyond 2^53
 * lose digits, which is inherent to the contract.
 *
 * @throws {WireError} `invalid` for what a Struct cannot hold: NaN, infinities, functions, cycles
 */
export function jsonToStruct(value: JsonObject): Uint8Array {
  const writer = new WireWriter();
  writeStruct(value, writer, 0);
  return writer.take();
}

function readStruct(reader: WireReader, depth: number): JsonObject {
  if (depth > MAX_DEPTH) throw new WireError("malformed", "Struct", "nested too deep");
  const result: Record<string, Json> = {};
  while (reader.next()) {
    if (reader.field !== 1 || reader.wireType !== WireType.bytes) {
      reader.skip();
      continue;
    }
    const entry = within(reader);
    let key = "";
    let value: Json = null;
    while (entry.next()) {
      if (entry.field === 1 && entry.wireType === WireType.bytes) key = entry.string();
      else if (entry.field === 2 && entry.wireType === WireType.bytes) {
        value = readValue(within(entry), depth);
      } else entry.skip();
    }
    if (key === "__proto__") {
      Object.defineProperty(result, key, { value, enumerable: true, writable: true });
    } else result[key] = value;
  }
  return result;
}

function readValue(reader: WireReader, depth: number): Json {
  let value: Json = null;
  while (reader.next()) {
    switch (reader.field << 3 | reader.wireType) {
      case 1 << 3 | WireType.varint:
        reader.uint64();
        value = null;
        break;
      case 2 << 3 | WireType.fixed64:
        value = reader.double();
        break;
      case 3 << 3 | WireType.bytes:
        value = reader.string();
        break;
      case 4 << 3 | WireType.varint:
        value = reader.uint64() !== 0;
        break;
      case 5 << 3 | WireType.bytes:
        value = readStruct(within(reader), depth + 1);
        break;
      case 6 << 3 | WireType.bytes:
        value = readList(within(reader), depth + 1);
        break;
      default:
        reader.skip();
    }
  }
  return value;
}

function readList(reader: WireReader, depth: number): Json[] {
  if (depth > MAX_DEPTH) throw new WireError("malformed", "ListValue", "nested too deep");
  const result: Json[] = [];
  while (reader.next()) {
    if (reader.field === 1 && reader.wireType === WireType.bytes) {
      result.push(readValue(within(reader), depth));
    } else reader.skip();
  }
  return result;
}

/** A reader of the length-delimited value at hand, which the outer reader leaves behind. */
function within(reader: WireReader): WireReader {
  const end = reader.length() + reader.position;
  const inner = new WireReader(reader.bytes, reader.position, end);
  reader.position = end;
  return inner;
}

function writeStruct(value: JsonObject, writer: WireWriter, depth: number): void {
  if (depth > MAX_DEPTH) throw new WireError("invalid", "Struct", "nested too deep");
  for (const [key, item] of Object.entries(value)) {
    if (item === undefined) continue;
    writer.tag(1, WireType.bytes);
    writer.message(() => {
      writer.tag(1, WireType.bytes);
      writer.string(key);
      writer.tag(2, WireType.bytes);
      writer.message(() => writeValue(item, writer, depth));
    });
  }
}

function writeValue(value: Json, writer: WireWriter, depth: number): void {
  if (value === null) {
    writer.tag(1, WireType.varint);
    writer.uint32(0);
  } else if (typeof value === "number") {
    if (!Number.isFinite(value)) throw new WireError("invalid", "Struct", `${value} has no JSON`);
    writer.tag(2, WireType.fixed64);
    writer.double(value);
  } else if (typeof value === "string") {
    writer.tag(3, WireType.bytes);
    writer.string(value);
  } else if (typeof value === "boolean") {
    writer.tag(4, WireType.varint);
    writer.uint32(value ? 1 : 0);
  } else if (Array.isArray(value)) {
    if (depth + 1 > MAX_DEPTH) throw new WireError("invalid", "Struct", "nested too deep");
    writer.tag(6, WireType.bytes);
    writer.message(() => {
      for (const item of value as readonly Json[]) {
        writer.tag(1, WireType.bytes);
        writer.message(() => writeValue(item, writer, depth + 1));
      }
    });
  } else if (typeof value === "object") {
    writer.tag(5, WireType.bytes);
    writer.message(() => writeStruct(value as JsonObject, writer, depth + 1));
  } else throw new WireError("invalid", "Struct", `a ${typeof value} has no JSON`);
}
