import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { check } from "./check.ts";
import { decode, encode } from "./codec.ts";
import { type Message, type Outgoing, readFrame, writeBatch, writeFrame } from "./frame.ts";
import { DataPacket } from "./messages.ts";
import { ascii, encodeIdentity, Packet } from "./packet.ts";
import { jsonToStruct } from "./struct.ts";
import { arbitraryPacket } from "./testing/arbitrary.ts";
import { WireError } from "./wire_error.ts";
import { WireWriter } from "./wire_writer.ts";

const IDENTITY = { storyRun: "voice-abc12", namespace: "demo", step: "respond" };
const identity = encodeIdentity(IDENTITY);
const writer = new WireWriter();

Deno.test("a forwarded packet is the one that came, with the consumer's identity and envelope", () => {
  fc.assert(fc.property(arbitraryPacket(), (value) => {
    const metadata = { ...value.metadata, "current-step-id": "ingress", "storyrun-name": "x" };
    const packet = Packet.read(encode(DataPacket, { ...value, metadata }));
    const body = packet.bodyFor(identity, writer);
    const envelope = { streamId: "demo/voice-abc12/respond@1", sequence: 7 };
    const [message] = readFrame(writeFrame({ body, envelope }, writer));
    const forwarded = message?.packet?.decoded();
    assertEquals(forwarded?.metadata, {
      ...value.metadata,
      "storyrun-name": "voice-abc12",
      "storyrun-namespace": "demo",
      "current-step-id": "respond",
    });
    assertEquals(forwarded?.envelope, envelope);
    for (const field of ["payload", "inputs", "transports", "audio", "video", "binary"] as const) {
      assertEquals(forwarded?.[field], decode(DataPacket, encode(DataPacket, value))[field]);
    }
  }));
});

Deno.test("evaluated inputs take the place of those that came", () => {
  const packet = Packet.read(encode(DataPacket, {
    payload: jsonToStruct({ a: 1 }),
    inputs: jsonToStruct({ old: true }),
  }));
  const inputs = jsonToStruct({ style: "warm" });
  const forwarded = decode(DataPacket, packet.bodyFor(identity, writer, { inputs }));
  assertEquals(forwarded.inputs, inputs);
  assertEquals(forwarded.payload, jsonToStruct({ a: 1 }));
});

Deno.test("a packet that leaves no room for the hub's three pairs is refused, not forwarded broken", () => {
  const pairs = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`key-${index}`, "v"]));
  const full = Packet.read(encode(DataPacket, { metadata: pairs(98) }));
  assertThrows(() => full.bodyFor(identity, writer), WireError, "no room");
  const fits = Packet.read(encode(DataPacket, { metadata: pairs(97) }));
  check(DataPacket, fits.bodyFor(identity, writer));
  // Three of these hundred are written anew, so that they do not count twice.
  const own = {
    ...pairs(97),
    "storyrun-name": "a",
    "storyrun-namespace": "b",
    "current-step-id": "c",
  };
  check(DataPacket, Packet.read(encode(DataPacket, { metadata: own })).bodyFor(identity, writer));
});

Deno.test("routing sees the kind, the envelope and single metadata values", () => {
  const packet = Packet.read(encode(DataPacket, {
    metadata: { "bubu-heartbeat": "true", type: "x" },
    audio: { pcm: Uint8Array.of(1), sampleRateHz: 8000, channels: 1 },
    envelope: { streamId: "s", sequence: 3 },
  }));
  assertEquals(packet.kind, "audio");
  assertEquals(packet.envelope, { streamId: "s", sequence: 3 });
  assertEquals(packet.metadata(ascii("bubu-heartbeat")), "true");
  assertEquals(packet.metadata(ascii("bubu-heartbeats")), undefined);
  assert(packet.hasContent);
  assertEquals(Packet.read(new Uint8Array()).hasContent, false);
});

Deno.test("a batch is the same messages in the same order as frame by frame", () => {
  const outgoing = fc.oneof<fc.Arbitrary<Outgoing>[]>(
    arbitraryPacket().map(({ envelope: _, ...packet }) => ({ body: encode(DataPacket, packet) })),
    fc.record({ ack: fc.integer({ min: 1 }), creditsMessages: fc.integer({ min: 1, max: 99 }) })
      .map((flow) => ({ flow })),
  );
  const plain = ({ packet, flow }: Message) => ({ packet: packet?.decoded(), flow });
  fc.assert(fc.property(fc.array(outgoing, { maxLength: 20 }), (messages) => {
    const single = messages.flatMap((message) => readFrame(writeFrame(message, writer)));
    const batched = readFrame(writeBatch(messages, writer));
    assertEquals(batched.map(plain), single.map(plain));
    assertEquals(single.length, messages.length);
  }));
});

Deno.test("a batch of too many messages is refused before it is read", () => {
  const flows: Outgoing[] = Array.from({ length: 1025 }, () => ({ flow: { ack: 1 } }));
  const frame = writeBatch(flows, writer);
  assertThrows(() => readFrame(frame), WireError, "1024");
});

Deno.test("a packet that is kept does not keep its frame, and is the same", () => {
  const one = encode(DataPacket, { metadata: { a: "b" }, envelope: { sequence: 7 } });
  const frame = new Uint8Array(1_000);
  frame.set(one, 500);
  const kept = Packet.read(frame, 500, 500 + one.length).detached();
  assertEquals(kept.bytes.buffer.byteLength, one.length);
  assertEquals(kept.decoded(), Packet.read(one).decoded());
  assertEquals(kept.detached(), kept);
});
