import { assertEquals } from "@std/assert";
import { encode } from "../proto/codec.ts";
import { writeFrame } from "../proto/frame.ts";
import { DataPacket } from "../proto/messages.ts";
import { jsonToStruct } from "../proto/struct.ts";
import { WireWriter } from "../proto/wire_writer.ts";
import { FAN_OUT, MemoryHub, settle, storyText } from "./testing/memory_hub.ts";

const frame = (fields: DataPacket) =>
  writeFrame({ body: encode(DataPacket, fields) }, new WireWriter());
const payload = (n: number, metadata: Record<string, string> = {}) =>
  frame({ metadata, payload: jsonToStruct({ n }) });
const audio = frame({ audio: { pcm: new Uint8Array(2), sampleRateHz: 16_000, channels: 1 } });

Deno.test("a lane that leads one way lets nothing pass the other, and says so; others go on", async () => {
  for (const direction of ["publish", "subscribe", "bidirectional"]) {
    const memory = new MemoryHub(storyText(FAN_OUT.slice(0, 2), {
      lanes: [{ name: "voice", kind: "audio", direction }, { name: "data", kind: "payload" }],
    }));
    const a = await memory.open("a");
    const b = await memory.open("b");
    a.session.receive(audio);
    a.session.receive(payload(1));
    await settle();
    const errors = memory.hub.deadLetters.map(({ step, reason, error }) =>
      `${step} ${reason} ${error}`
    );
    const expected = {
      publish: ["b invalid lane voice: is for publish alone: b may not take it"],
      subscribe: ["a invalid lane voice: is for subscribe alone: a may not send it"],
      bidirectional: [],
    }[direction];
    assertEquals(errors, expected ?? []);
    assertEquals(b.wire.messages.length, direction === "bidirectional" ? 2 : 1);
    assertEquals(a.wire.ended, undefined);
  }
});

Deno.test("a control lane has a share of its own: a flood of data leaves hooks and errors alone", async () => {
  const memory = new MemoryHub(storyText(FAN_OUT.slice(0, 2), {
    lanes: [
      { name: "data", kind: "payload", maxMessages: 3 },
      { name: "control", kind: "control", maxMessages: 2 },
    ],
  }));
  const a = await memory.open("a");
  for (let n = 0; n < 9; n++) a.session.receive(payload(n));
  a.session.receive(payload(100, { "bubu.envelope.kind": "error" }));
  a.session.receive(payload(101, { kind: "hook" }));
  a.session.receive(payload(102, { kind: "hook" }));
  await settle();
  const { wire } = await memory.open("b");
  await settle();
  assertEquals(wire.payloads.map(({ n }) => n), [0, 1, 2, 100, 101]);
  const drops = [...memory.hub.streamsOfAll()].find(({ id }) => id === "b")?.drops;
  assertEquals(Object.fromEntries(drops ?? []), { lane_full: 7 });
});
