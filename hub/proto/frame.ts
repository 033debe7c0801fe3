import { checkFrom } from "./check.ts";
import { decode, encodeInto } from "./codec.ts";
import { FlowControl, type StreamEnvelope } from "./messages.ts";
import { Packet, writePacket } from "./packet.ts";
import { WireError } from "./wire_error.ts";
import { WireReader, WireType } from "./wire_reader.ts";
import { WireWriter } from "./wire_writer.ts";

/** gRPC metadata by which both ends of a leg of ours agree on many messages a frame. */
export const BATCH_HEADER = "headrace-batch";
/** Its value: the form below. */
export const BATCH_VERSION = "1";
/**
 * Each end of a leg of ours names the stream that it numbers, with its epoch. So acknowledgements of
 * an end that has restarted since are never taken for those of the numbers it counts now.
 */
export const STREAM_HEADER = "headrace-stream";
/** Messages in a frame at most: a reader refuses more. */
export const MAX_BATCH = 1024;

const FIELD = { packet: 1, flow: 2, batch: 2000 };

/** One message of `HubService.Process`, either direction. */
export interface Message {
  readonly packet?: Packet;
  readonly flow?: FlowControl;
}

/** What goes out: a packet's body with its envelope, or flow control. */
export type Outgoing =
  | { readonly body: Uint8Array; readonly envelope?: StreamEnvelope }
  | { readonly flow: FlowControl };

/**
 * Reads one gRPC message of `Process`: one packet or flow control, or a batch of them.
 *
 * @throws {WireError}
 */
export function readFrame(bytes: Uint8Array): Message[] {
  const messages: Message[] = [];
  readMessage(new WireReader(bytes), messages, true);
  return messages;
}

function readMessage(reader: WireReader, into: Message[], outer: boolean): void {
  let packet: Packet | undefined;
  let flow: Uint8Array | undefined;
  while (reader.next()) {
    if (reader.wireType !== WireType.bytes) {
      reader.skip();
      continue;
    }
    const end = reader.length() + reader.position;
    if (reader.field === FIELD.packet) packet = Packet.read(reader.bytes, reader.position, end);
    else if (reader.field === FIELD.flow) flow = reader.bytes.subarray(reader.position, end);
    else if (reader.field === FIELD.batch && outer) {
      if (into.length >= MAX_BATCH) {
        throw new WireError("invalid", "batch", `more than ${MAX_BATCH} messages in a frame`);
      }
      readMessage(new WireReader(reader.bytes, reader.position, end), into, false);
    }
    reader.position = end;
  }
  if (packet === undefined && flow === undefined) return;
  if (flow !== undefined) checkFrom(FlowControl, new WireReader(flow), 0);
  into.push({
    ...(packet === undefined ? {} : { packet }),
    ...(flow === undefined ? {} : { flow: decode(FlowControl, flow) }),
  });
}

/** One message as everybody reads it. */
export function writeFrame(message: Outgoing, writer: WireWriter): Uint8Array {
  appendFrame(message, writer);
  return writer.take();
}

/** Many messages in one frame, for a peer that said `headrace-batch`. */
export function writeBatch(messages: readonly Outgoing[], writer: WireWriter): Uint8Array {
  appendBatch(messages, writer);
  return writer.take();
}

/** As {@linkcode writeBatch}, but leaves it in the writer. */
export function appendBatch(messages: readonly Outgoing[], writer: WireWriter): void {
  for (const message of messages) {
    writer.tag(FIELD.batch, WireType.bytes);
    writer.message(() => appendFrame(message, writer));
  }
}

/** As {@linkcode writeFrame}, but leaves it in the writer. */
export function appendFrame(message: Outgoing, writer: WireWriter): void {
  if ("flow" in message) {
    writer.tag(FIELD.flow, WireType.bytes);
    writer.message(() => encodeInto(FlowControl, message.flow, writer));
  } else {
    writer.tag(FIELD.packet, WireType.bytes);
    writer.message(() => writePacket(message.body, message.envelope, writer));
  }
}
