import type { FlowMessage } from "../contracts/flow.ts";

/** Objects in one envelope: large enough to be few, small enough to be folded in one go. */
export const MAX_OBJECTS = 256;
/** Bytes in one body. Routers take 1 MiB, gateways in front of them often less. */
export const MAX_BYTES = 512 * 1024;

const encoder = new TextEncoder();

/**
 * Cuts messages into bodies: each a list of envelopes of at most {@linkcode MAX_OBJECTS} objects and
 * about `maxBytes` in all. An object that is larger than that travels alone. The order stays.
 */
export function toBatches(
  messages: readonly FlowMessage[],
  maxBytes: number = MAX_BYTES,
): FlowMessage[][] {
  const batches: FlowMessage[][] = [];
  let batch: FlowMessage[] = [];
  let batchBytes = 0;
  for (const { message, bytes } of messages.flatMap((message) => split(message, maxBytes))) {
    if (batch.length > 0 && batchBytes + bytes > maxBytes) {
      batches.push(batch);
      batch = [];
      batchBytes = 0;
    }
    batch.push(message);
    batchBytes += bytes;
  }
  if (batch.length > 0) batches.push(batch);
  return batches;
}

interface Sized {
  readonly message: FlowMessage;
  readonly bytes: number;
}

function split(message: FlowMessage, maxBytes: number): Sized[] {
  switch (message.type) {
    case "upsert-nodes":
      return chunks(message.nodes, maxBytes, (nodes) => ({ ...message, nodes }));
    case "upsert-rels":
      return chunks(message.relationships, maxBytes, (relationships) => ({
        ...message,
        relationships,
      }));
    case "delete-nodes":
      return chunks(message.ids, maxBytes, (ids) => ({ ...message, ids }));
    case "delete-rels":
      return chunks(message.pairs, maxBytes, (pairs) => ({ ...message, pairs }));
    case "snapshot":
    case "upsert-flow":
      return [{ message, bytes: sizeOf(message) }];
  }
}

function chunks<T>(
  items: readonly T[],
  maxBytes: number,
  wrap: (items: T[]) => FlowMessage,
): Sized[] {
  const sized: Sized[] = [];
  let chunk: T[] = [];
  let bytes = 0;
  const flush = () => {
    if (chunk.length > 0) sized.push({ message: wrap(chunk), bytes: bytes + ENVELOPE });
    chunk = [];
    bytes = 0;
  };
  for (const item of items) {
    const size = sizeOf(item) + 1;
    if (chunk.length === MAX_OBJECTS || bytes + size + ENVELOPE > maxBytes) flush();
    chunk.push(item);
    bytes += size;
  }
  flush();
  return sized;
}

/** What `{"type":"upsert-rels","relationships":[]},` takes beside its objects. */
const ENVELOPE = 48;

function sizeOf(value: unknown): number {
  return encoder.encode(JSON.stringify(value)).length;
}
