import { decode, MAX_DEPTH, wireTypeOf } from "./codec.ts";
import type { Bounds, Field, MessageType } from "./message_type.ts";
import { WireError } from "./wire_error.ts";
import { WireReader, WireType } from "./wire_reader.ts";

/**
 * Holds an encoded message to the rules of the contract without decoding it: what passes here is
 * neither refused as protobuf nor by the rules at the SDK, whose answer to one bad message is to end
 * the session. So a producer's fault stops at the hub's door instead of ending its consumers.
 *
 * @throws {WireError} `malformed` or `invalid`, naming the field
 */
export function check(type: MessageType<unknown>, bytes: Uint8Array): void {
  checkFrom(type, new WireReader(bytes), 0);
}

/** The same for a message that lies within other bytes. */
export function checkFrom(type: MessageType<unknown>, reader: WireReader, depth: number): void {
  if (depth > MAX_DEPTH) throw invalid(type.name, "nested too deep");
  const start = reader.position;
  let seen = 0;
  let counts: number[] | undefined;
  while (reader.next()) {
    const field = type.fields[reader.field];
    if (field === undefined || wireTypeOf(field) !== reader.wireType) {
      reader.skip();
      continue;
    }
    seen |= 1 << field.number;
    checkValue(type, field, reader, depth);
    const most = field.maxItems ?? field.map?.maxPairs;
    if (most !== undefined && most !== Infinity) {
      counts ??= [];
      const count = counts[field.number] = (counts[field.number] ?? 0) + 1;
      if (count > most) throw invalid(`${type.name}.${field.name}`, `more than ${most} entries`);
    }
  }
  for (const field of type.fields) {
    // An absent number is zero on the other side: a lower bound above zero asks for the field.
    if (field === undefined || field.bounds?.min === undefined || field.bounds.min <= 0) continue;
    if ((seen & 1 << field.number) === 0) {
      throw invalid(`${type.name}.${field.name}`, `expected at least ${field.bounds.min}`);
    }
  }
  if (type.rule !== undefined) {
    const broken = type.rule(decode(type, reader.bytes.subarray(start, reader.end)));
    if (broken !== undefined) throw invalid(type.name, broken);
  }
}

function checkValue(
  type: MessageType<unknown>,
  field: Field,
  reader: WireReader,
  depth: number,
): void {
  switch (field.kind) {
    case "string":
      return checkText(type.name, field.name, field.bounds, reader);
    case "bytes": {
      const length = reader.length();
      reader.position += length;
      return checkNumber(type, field, length);
    }
    case "bool":
    case "uint64":
      reader.uint64();
      return;
    case "double":
      // Struct's numbers become JSON at the engram, which has neither NaN nor infinity.
      if (!Number.isFinite(reader.double())) {
        throw invalid(`${type.name}.${field.name}`, "NaN and infinities have no JSON");
      }
      return;
    case "int32":
      return checkNumber(type, field, reader.uint32() | 0);
    case "enum":
    case "uint32":
      return checkNumber(type, field, reader.uint32());
    default: {
      const end = reader.length() + reader.position;
      const inner = new WireReader(reader.bytes, reader.position, end);
      const message = field.message?.();
      if (message !== undefined) checkFrom(message, inner, depth + 1);
      else checkPair(type, field, inner);
      reader.position = end;
    }
  }
}

function checkPair(type: MessageType<unknown>, field: Field, pair: WireReader): void {
  let keyed = false;
  while (pair.next()) {
    if (pair.wireType !== WireType.bytes || pair.field > 2) pair.skip();
    else if (pair.field === 1) {
      keyed = true;
      checkText(type.name, `${field.name} key`, field.map?.key, pair);
    } else checkText(type.name, `${field.name} value`, field.map?.value, pair);
  }
  if (!keyed) throw invalid(`${type.name}.${field.name}`, "a key is empty");
}

/** Text must be UTF-8, and its length counts code points. */
function checkText(
  type: string,
  field: string,
  bounds: Bounds | undefined,
  reader: WireReader,
): void {
  const start = reader.position;
  const length = reader.length();
  const from = reader.position;
  let ascii = true;
  for (let at = from; at < from + length; at++) {
    if (reader.bytes[at]! >= 0x80) {
      ascii = false;
      break;
    }
  }
  let characters = length;
  if (ascii) reader.position = from + length;
  else {
    reader.position = start;
    characters = 0;
    for (const _ of reader.string()) characters++;
  }
  if (characters > (bounds?.max ?? Infinity)) {
    throw invalid(`${type}.${field}`, `longer than ${bounds?.max} characters`);
  }
  if (characters < (bounds?.min ?? 0)) {
    throw invalid(`${type}.${field}`, `shorter than ${bounds?.min} characters`);
  }
}

function checkNumber(type: MessageType<unknown>, { name, bounds }: Field, value: number): void {
  if (bounds === undefined) return;
  const { min = -Infinity, max = Infinity } = bounds;
  if (value < min || value > max) {
    throw invalid(`${type.name}.${name}`, `${value} is not within ${min}..${max}`);
  }
}

function invalid(field: string, detail: string): WireError {
  return new WireError("invalid", field, detail);
}
