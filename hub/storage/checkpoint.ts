import { createHash } from "node:crypto";
import { z } from "zod";
import { ContractError } from "../../contracts/contract_error.ts";
import type { OutboundState, Parcel } from "../delivery/outbound.ts";

/** The first line of a checkpoint: what it is, and the hash of everything after it. */
const MAGIC = "headrace-replay-1 ";
const NEWLINE = 10;

const count = z.int().min(0);
const headerSchema = z.object({
  streamId: z.string(),
  /** Unix time of the checkpoint, in milliseconds. */
  updatedAt: z.number(),
  lastSequence: count,
  packets: z.array(z.object({
    sequence: count,
    size: count,
    kind: z.enum(["audio", "video", "binary", "payload", "control"]),
    partition: z.string(),
    source: z.string().optional(),
    /** Milliseconds since it came, and since it was sent, at the time of the checkpoint. */
    age: z.number(),
    sentAge: z.number(),
    key: z.string().optional(),
    chunk: z.record(z.string(), z.unknown()).optional(),
  })),
});

/**
 * Numbers that were given since the checkpoint are known to the consumer, which would take a new
 * packet of the same number for a duplicate. So a hub that starts goes on beyond all that there can
 * be: no hub sends a million packets a second to one step, and time does not stand still between
 * two starts. 2^53 is out of reach until the year 2255.
 */
const NUMBERS_A_MILLISECOND = 1_000;
/** The same where the clock was set back. */
const GAP = 2 ** 32;

/** Two clocks at one moment: the hub's own, and the time of day that outlives it. */
export interface Moment {
  readonly now: number;
  readonly unixNow: number;
}

/** A sender's state as bytes: a line with their hash, one of JSON, and the packets end to end. */
export function encodeCheckpoint(state: OutboundState, { now, unixNow }: Moment): Uint8Array {
  const header: z.input<typeof headerSchema> = {
    streamId: state.streamId,
    updatedAt: unixNow,
    lastSequence: state.lastSequence,
    packets: state.packets.map(({ parcel, sequence, sentAt }) => ({
      sequence,
      size: parcel.body.length,
      kind: parcel.kind,
      partition: parcel.partition,
      age: now - parcel.at,
      sentAge: sequence === 0 ? 0 : now - sentAt,
      ...(parcel.source === undefined ? {} : { source: parcel.source }),
      ...(parcel.key === undefined ? {} : { key: parcel.key }),
      ...(parcel.chunk === undefined ? {} : { chunk: { ...parcel.chunk } }),
    })),
  };
  const encoder = new TextEncoder();
  const parts = [
    encoder.encode(`${JSON.stringify(header)}\n`),
    ...state.packets.map(({ parcel }) => parcel.body),
  ];
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  parts.unshift(encoder.encode(`${MAGIC}${hash.digest("hex")}\n`));
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/**
 * @returns the state to go on from, with its times moved to the clock of this hub
 * @throws {ContractError} when the bytes are no checkpoint, or damaged
 */
export function decodeCheckpoint(bytes: Uint8Array, { now, unixNow }: Moment): OutboundState {
  const first = bytes.indexOf(NEWLINE) + 1;
  const second = bytes.indexOf(NEWLINE, first) + 1;
  const decoder = new TextDecoder();
  const line = decoder.decode(bytes.subarray(0, Math.max(first - 1, 0)));
  if (first === 0 || second === 0 || !line.startsWith(MAGIC)) {
    throw new ContractError("is no checkpoint of a version that this hub knows");
  }
  const hash = createHash("sha256").update(bytes.subarray(first)).digest("hex");
  if (line !== MAGIC + hash) throw new ContractError("is damaged: its hash is another");
  const { success, data } = headerSchema.safeParse(
    JSON.parse(decoder.decode(bytes.subarray(first, second - 1))),
  );
  if (!success) throw new ContractError("has a header that this hub cannot read");
  // A clock that was set back must not make packets younger than they were.
  const passed = Math.max(unixNow - data.updatedAt, 0);
  let at = second;
  return {
    streamId: data.streamId,
    lastSequence: Math.max(data.lastSequence + GAP, unixNow * NUMBERS_A_MILLISECOND),
    packets: data.packets.map(({ sequence, size, age, sentAge, ...rest }) => ({
      sequence,
      sentAt: now - passed - sentAge,
      parcel: {
        ...rest,
        body: bytes.slice(at, at += size),
        size,
        at: now - passed - age,
      } as Parcel,
    })),
  };
}
