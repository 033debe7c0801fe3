import { type Field, type MessageType } from "./message_type.ts";
import { Struct } from "./messages.ts";
import { WireError } from "./wire_error.ts";
import { WireReader, WireType } from "./wire_reader.ts";
import { WireWriter } from "./wire_writer.ts";

/** Messages inside one another that are followed: deeper ones are refused, not recursed into. */
export const MAX_DEPTH = 100;

/** Wire type of each kind of field. */
export function wireTypeOf({ kind }: Field): number {
  if (kind === "double") return WireType.fixed64;
  if (kind === "string" || kind === "bytes" || kind === "message" || kind === "map") {
    return WireType.bytes;
  }
  return WireType.varint;
}

/**
 * Decodes a message. Absent fields stay absent, unknown ones are left out. A
 * `google.protobuf.Struct` stays encoded: struct.ts turns it into JSON when somebody reads it.
 *
 * @throws {WireError} `malformed`
 */
export function decode<T>(type: MessageType<T>, bytes: Uint8Array): T {
  return decodeFrom(type, new WireReader(bytes), 0) as T;
}

/** Encodes a message; absent and default values take no bytes, as proto3 has it. */
export function encode<T>(type: MessageType<T>, value: T): Uint8Array {
  const writer = new WireWriter();
  encodeInto(type, value, writer);
  return writer.take();
}

/** Appends a message's fields, without a length before them. */
export function encodeInto<T>(type: MessageType<T>, value: T, writer: WireWriter): void {
  const object = value as Record<string, unknown>;
  for (const field of type.written) {
    const present = object[field.name];
    if (present === undefined) continue;
    if (field.kind === "map") writeMap(field, present as Record<string, string>, writer);
    else if (field.maxItems !== undefined) {
      for (const item of present as unknown[]) writeField(field, item, writer);
    } else if (field.kind === "message" || !isDefault(present)) writeField(field, present, writer);
  }
}

type Decoded = Record<string, unknown>;

function decodeFrom(type: MessageType<unknown>, reader: WireReader, depth: number): Decoded {
  if (depth > MAX_DEPTH) throw new WireError("malformed", type.name, "nested too deep");
  const result: Decoded = {};
  while (reader.next()) {
    const field = type.fields[reader.field];
    if (field === undefined || wireTypeOf(field) !== reader.wireType) reader.skip();
    else if (field.kind === "map") readPair(reader, (result[field.name] ??= {}) as Decoded);
    else if (field.maxItems !== undefined) {
      (result[field.name] ??= [] as unknown[]) as unknown[];
      (result[field.name] as unknown[]).push(readValue(field, reader, undefined, depth));
    } else {
      if (field.oneof !== undefined) clearOthers(type, field, result);
      result[field.name] = readValue(field, reader, result[field.name], depth);
    }
  }
  return result;
}

/** @param earlier the field's value so far: a message that comes in parts is merged */
function readValue(field: Field, reader: WireReader, earlier: unknown, depth: number): unknown {
  switch (field.kind) {
    case "string":
      return reader.string();
    case "bytes":
      return reader.slice();
    case "bool":
      return reader.uint64() !== 0;
    case "double":
      return reader.double();
    case "int32":
    case "enum":
      return reader.uint32() | 0;
    case "uint32":
      return reader.uint32();
    case "uint64":
      return reader.uint64();
    default: {
      const type = field.message?.();
      if (type === undefined) throw new TypeError(`${field.name} has no message type`);
      if (type === Struct) return joined(earlier as Uint8Array | undefined, reader.slice());
      const end = reader.length() + reader.position;
      const inner = new WireReader(reader.bytes, reader.position, end);
      const value = decodeFrom(type, inner, depth + 1);
      reader.position = end;
      return earlier === undefined ? value : { ...earlier as Decoded, ...value };
    }
  }
}

/** Two encodings of a message, one after the other, decode as the two merged. */
function joined(earlier: Uint8Array | undefined, later: Uint8Array): Uint8Array {
  if (earlier === undefined) return later;
  const both = new Uint8Array(earlier.length + later.length);
  both.set(earlier);
  both.set(later, earlier.length);
  return both;
}

function clearOthers(type: MessageType<unknown>, chosen: Field, result: Decoded): void {
  for (const field of type.fields) {
    if (field?.oneof === chosen.oneof && field !== undefined && field !== chosen) {
      delete result[field.name];
    }
  }
}

function readPair(reader: WireReader, into: Decoded): void {
  const end = reader.length() + reader.position;
  const pair = new WireReader(reader.bytes, reader.position, end);
  let key = "";
  let value = "";
  while (pair.next()) {
    if (pair.field === 1 && pair.wireType === WireType.bytes) key = pair.string();
    else if (pair.field === 2 && pair.wireType === WireType.bytes) value = pair.string();
    else pair.skip();
  }
  reader.position = end;
  // `__proto__` is a key like any other to the sender.
  Object.defineProperty(into, key, { value, enumerable: true, configurable: true, writable: true });
}

function writeField(field: Field, value: unknown, writer: WireWriter): void {
  writer.tag(field.number, wireTypeOf(field));
  switch (field.kind) {
    case "string":
      return writer.string(value as string);
    case "bytes":
      return writer.slice(value as Uint8Array);
    case "bool":
      return writer.uint32(value ? 1 : 0);
    case "double":
      return writer.double(value as number);
    case "int32":
    case "enum":
      return writer.int32(value as number);
    case "uint32":
      return writer.uint32(value as number);
    case "uint64":
      return writer.uint64(value as number | bigint);
    default: {
      if (value instanceof Uint8Array) return writer.slice(value);
      const type = field.message?.();
      if (type === undefined) throw new TypeError(`${field.name} has no message type`);
      writer.message(() => encodeInto(type, value, writer));
    }
  }
}

function writeMap(field: Field, map: Record<string, string>, writer: WireWriter): void {
  for (const [key, value] of Object.entries(map)) writePair(field.number, key, value, writer);
}

/** One entry of a `map<string, string>`; key and value are written even when empty, as Go does. */
export function writePair(number: number, key: string, value: string, writer: WireWriter): void {
  writer.tag(number, WireType.bytes);
  writer.message(() => {
    writer.tag(1, WireType.bytes);
    writer.string(key);
    writer.tag(2, WireType.bytes);
    writer.string(value);
  });
}

function isDefault(value: unknown): boolean {
  return value === "" || value === 0 || value === 0n || value === false ||
    value instanceof Uint8Array && value.length === 0;
}
