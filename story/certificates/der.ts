/**
 * The Distinguished Encoding Rules (X.690 §10), as far as an X.509 certificate needs them. Every
 * function returns one encoded value: tag, length, content.
 */
import { Buffer } from "node:buffer";

type Bytes = Uint8Array<ArrayBuffer>;

/** Tags of the universal class (X.680 §8.6); constructed ones carry the bit 0x20. */
const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  objectIdentifier: 0x06,
  utf8String: 0x0c,
  utcTime: 0x17,
  sequence: 0x30,
  set: 0x31,
} as const;

function tlv(tag: number, ...contents: readonly Uint8Array[]): Bytes {
  const content = Buffer.concat(contents);
  return Uint8Array.from([tag, ...length(content.length), ...content]);
}

/** Short form below 128, else the number of length octets and the length (X.690 §8.1.3). */
function length(size: number): number[] {
  if (size < 0x80) return [size];
  const octets = base256(size);
  return [0x80 | octets.length, ...octets];
}

function base256(value: number): number[] {
  return value < 0x100 ? [value] : [...base256(Math.floor(value / 0x100)), value % 0x100];
}

export function sequence(...values: readonly Uint8Array[]): Bytes {
  return tlv(TAG.sequence, ...values);
}

export function set(...values: readonly Uint8Array[]): Bytes {
  return tlv(TAG.set, ...values);
}

export function boolean(value: boolean): Bytes {
  return tlv(TAG.boolean, Uint8Array.of(value ? 0xff : 0));
}

/** A non-negative integer from its big-endian octets. */
export function integer(octets: Uint8Array): Bytes {
  const first = octets.findIndex((octet) => octet !== 0);
  const minimal = first < 0 ? Uint8Array.of(0) : octets.subarray(first);
  // A set top bit would mean a negative number (X.690 §8.3.3).
  const sign = (minimal[0] ?? 0) >= 0x80 ? [0] : [];
  return tlv(TAG.integer, Uint8Array.from(sign), minimal);
}

export function octetString(content: Uint8Array): Bytes {
  return tlv(TAG.octetString, content);
}

/** @param unused How many of the last octet's bits do not count. */
export function bitString(content: Uint8Array, unused = 0): Bytes {
  return tlv(TAG.bitString, Uint8Array.of(unused), content);
}

export function utf8String(text: string): Bytes {
  return tlv(TAG.utf8String, new TextEncoder().encode(text));
}

/** An object identifier in dotted form (X.690 §8.19). */
export function objectIdentifier(dotted: string): Bytes {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  const octets = [first * 40 + second, ...rest].flatMap((arc) => {
    const groups = [arc % 0x80];
    for (let left = Math.floor(arc / 0x80); left > 0; left = Math.floor(left / 0x80)) {
      groups.unshift(left % 0x80 | 0x80);
    }
    return groups;
  });
  return tlv(TAG.objectIdentifier, Uint8Array.from(octets));
}

/** A time before 2050 in whole seconds: the year has two digits (RFC 5280 §4.1.2.5.1). */
export function utcTime(time: Date): Bytes {
  const text = time.toISOString().slice(2).replace(/[-:T]|\.\d+/g, "");
  return tlv(TAG.utcTime, new TextEncoder().encode(text));
}

/** `[number] EXPLICIT`: wraps a whole value. */
export function explicit(number: number, value: Uint8Array): Bytes {
  return tlv(0xa0 | number, value);
}

/** `[number] IMPLICIT` of a primitive value: takes its content alone. */
export function implicit(number: number, content: Uint8Array): Bytes {
  return tlv(0x80 | number, content);
}
