import { checkFrom } from "./check.ts";
import { decode, encodeInto, writePair } from "./codec.ts";
import { DataPacket, METADATA, StreamEnvelope } from "./messages.ts";
import { WireError } from "./wire_error.ts";
import { WireReader, WireType } from "./wire_reader.ts";
import { WireWriter } from "./wire_writer.ts";

/** What a packet carries, as lanes count it: `payload` when it has no frame. */
export type PacketKind = "audio" | "video" | "binary" | "payload";

/** Metadata that the hub writes on each packet it forwards: whose it is, and for which step. */
export interface Identity {
  readonly storyRun: string;
  readonly namespace: string;
  readonly step: string;
  /** For a materialiser: the step that the packet is to go to next. */
  readonly next?: string;
}

/** Structs, encoded, that take the place of the packet's own. */
export interface Replacement {
  readonly payload?: Uint8Array;
  readonly inputs?: Uint8Array;
}

const HEADER = {
  storyRun: "storyrun-name",
  namespace: "storyrun-namespace",
  step: "current-step-id",
  next: "materialize-next-step",
} as const;
/** Never passed on: they are written anew, the last between hub and materialiser alone. */
const OWN_KEYS = Object.values(HEADER).map(ascii);

/** The fields of DataPacket by number, for what is read in place. */
const FIELD = {
  metadata: 1,
  payload: 2,
  inputs: 3,
  transports: 4,
  audio: 5,
  video: 6,
  binary: 7,
  envelope: 8,
};
const BYTES_TAG = (field: number) => field << 3 | WireType.bytes;

/**
 * A packet as it came, read where it lies: what routing needs is looked up, everything else is
 * carried along as bytes. So its cost does not grow with what is in the payload.
 */
export class Packet {
  readonly kind: PacketKind;
  readonly envelope: StreamEnvelope | undefined;
  /** Whether anything but metadata and an envelope is there. */
  readonly hasContent: boolean;
  readonly metadataPairs: number;

  private constructor(
    readonly bytes: Uint8Array,
    readonly start: number,
    readonly end: number,
  ) {
    let kind: PacketKind = "payload";
    let envelope: Uint8Array | undefined;
    let content = false;
    let pairs = 0;
    const reader = new WireReader(bytes, start, end);
    while (reader.next()) {
      if (reader.field === FIELD.metadata) pairs++;
      else if (reader.field === FIELD.envelope) {
        if (reader.wireType === WireType.bytes) {
          envelope = reader.slice();
          continue;
        }
      } else {
        content = true;
        if (reader.field === FIELD.audio) kind = "audio";
        else if (reader.field === FIELD.video) kind = "video";
        else if (reader.field === FIELD.binary) kind = "binary";
      }
      reader.skip();
    }
    this.kind = kind;
    this.hasContent = content;
    this.metadataPairs = pairs;
    this.envelope = envelope === undefined ? undefined : decode(StreamEnvelope, envelope);
  }

  /**
   * Reads a packet that came from outside, and holds it to the contract's rules.
   *
   * @throws {WireError}
   */
  static read(bytes: Uint8Array, start = 0, end: number = bytes.length): Packet {
    checkFrom(DataPacket, new WireReader(bytes, start, end), 0);
    return new Packet(bytes, start, end);
  }

  /** Bytes of the packet as protobuf. */
  get size(): number {
    return this.end - this.start;
  }

  /** The same packet on bytes of its own, so that keeping it does not keep the frame it came in. */
  detached(): Packet {
    if (this.size === this.bytes.length) return this;
    return new Packet(this.bytes.slice(this.start, this.end), 0, this.size);
  }

  /** One metadata value; its key is given as ASCII bytes so that nothing is decoded on a miss. */
  metadata(key: Uint8Array): string | undefined {
    let found: string | undefined;
    const reader = new WireReader(this.bytes, this.start, this.end);
    while (reader.next()) {
      if (reader.field !== FIELD.metadata) {
        reader.skip();
        continue;
      }
      const end = reader.length() + reader.position;
      if (hasKey(this.bytes, reader.position, end, key)) {
        const pair = new WireReader(this.bytes, reader.position, end);
        while (pair.next()) {
          if (pair.field === 2) found = pair.string();
          else pair.skip();
        }
      }
      reader.position = end;
    }
    return found;
  }

  /** The whole packet, for whom it is worth decoding. */
  decoded(): DataPacket {
    return decode(DataPacket, this.bytes.subarray(this.start, this.end));
  }

  /**
   * The packet for another step: its identity written anew, its envelope left out (the delivery of
   * each consumer has its own).
   *
   * @throws {WireError} `invalid` when the identity finds no room among the metadata
   */
  bodyFor(identity: Uint8Array, writer: WireWriter, replacement: Replacement = {}): Uint8Array {
    const { bytes } = this;
    const reader = new WireReader(bytes, this.start, this.end);
    let run = this.start;
    let pairs = this.metadataPairs;
    let before = reader.position;
    while (reader.next()) {
      const field = reader.field;
      let keep = !(field === FIELD.envelope ||
        field === FIELD.payload && replacement.payload !== undefined ||
        field === FIELD.inputs && replacement.inputs !== undefined);
      if (field === FIELD.metadata) {
        const end = reader.length() + reader.position;
        if (OWN_KEYS.some((key) => hasKey(bytes, reader.position, end, key))) {
          keep = false;
          pairs--;
        }
        reader.position = end;
      } else reader.skip();
      if (!keep) {
        writer.range(bytes, run, before);
        run = reader.position;
      }
      before = reader.position;
    }
    if (pairs > METADATA.maxPairs - 3) {
      writer.take();
      throw new WireError(
        "invalid",
        "DataPacket.metadata",
        "no room for the hub's own three pairs",
      );
    }
    writer.range(bytes, run, this.end);
    writer.raw(identity);
    for (const field of ["payload", "inputs"] as const) {
      const struct = replacement[field];
      if (struct === undefined) continue;
      writer.tag(FIELD[field], WireType.bytes);
      writer.slice(struct);
    }
    return writer.take();
  }
}

/** Encodes the identity that `bodyFor` appends; once for each consumer. */
export function encodeIdentity(identity: Identity): Uint8Array {
  const writer = new WireWriter();
  for (const [field, key] of Object.entries(HEADER)) {
    const value = identity[field as keyof Identity];
    if (value !== undefined) writePair(FIELD.metadata, key, value, writer);
  }
  return writer.take();
}

/** Appends a packet's body and its envelope: together a DataPacket. */
export function writePacket(
  body: Uint8Array,
  envelope: StreamEnvelope | undefined,
  writer: WireWriter,
): void {
  writer.raw(body);
  if (envelope === undefined) return;
  writer.tag(FIELD.envelope, WireType.bytes);
  writer.message(() => encodeInto(StreamEnvelope, envelope, writer));
}

/** ASCII bytes of a metadata key. */
export function ascii(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Whether a map entry's key is this one. Every encoder in use writes the key first. */
function hasKey(bytes: Uint8Array, start: number, end: number, key: Uint8Array): boolean {
  if (bytes[start] !== BYTES_TAG(1)) return readKey(bytes, start, end, key);
  // Keys are at most 128 characters: ours are shorter than 128 bytes, so one byte of length.
  if (bytes[start + 1] !== key.length || start + 2 + key.length > end) return false;
  for (let index = 0; index < key.length; index++) {
    if (bytes[start + 2 + index] !== key[index]) return false;
  }
  return true;
}

function readKey(bytes: Uint8Array, start: number, end: number, key: Uint8Array): boolean {
  const pair = new WireReader(bytes, start, end);
  let found = "";
  while (pair.next()) {
    if (pair.field === 1 && pair.wireType === WireType.bytes) found = pair.string();
    else pair.skip();
  }
  return found === new TextDecoder().decode(key);
}
