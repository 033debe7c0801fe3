import { assertEquals, assertStringIncludes } from "@std/assert";
import { encode } from "../proto/codec.ts";
import { writeFrame } from "../proto/frame.ts";
import { DataPacket } from "../proto/messages.ts";
import { Packet } from "../proto/packet.ts";
import { WireWriter } from "../proto/wire_writer.ts";
import { eventTime, observeEventTime } from "./event_time.ts";
import { HubMetrics } from "./metrics.ts";
import { FAN_OUT, MemoryHub, storyText } from "./testing/memory_hub.ts";

const ENVELOPE = "bubu.envelope.timestamp_ms";
const packet = (fields: DataPacket) => Packet.read(encode(DataPacket, fields));
const said = (text: string, key = ENVELOPE) =>
  packet({ metadata: { [key]: text }, inputs: new Uint8Array() });

Deno.test("a moment is read as milliseconds, as seconds where it can only be such, or as RFC 3339", () => {
  const cases: [string, number | undefined][] = [
    ["1712000000123", 1_712_000_000_123],
    ["1712000000", 1_712_000_000_000],
    ["250", 250],
    ["1712000000123.7", 1_712_000_000_123],
    ["2024-04-01T19:33:20.123456Z", 1_712_000_000_123],
    ["soon", undefined],
    ["", undefined],
  ];
  for (const [text, expected] of cases) {
    assertEquals(eventTime(said(text), undefined), expected, text);
  }
});

Deno.test("without a source the envelope's time counts, else the frame's; a source is the only one", () => {
  const video = { payload: new Uint8Array(1), timestampMs: 7 };
  assertEquals(eventTime(packet({ metadata: { [ENVELOPE]: "9" }, video }), undefined), 9);
  assertEquals(eventTime(packet({ video }), undefined), 7);
  assertEquals(eventTime(packet({ video }), "video"), 7);
  assertEquals(eventTime(packet({ video }), "audio"), undefined);
  assertEquals(eventTime(said("5", "taken.at"), "metadata.taken.at"), 5);
  assertEquals(eventTime(said("5", "taken.at"), "taken.at"), 5);
  assertEquals(eventTime(said("5"), "metadata.taken.at"), undefined);
});

Deno.test("watermark and lag of a step are there while its run is, and only where they are asked for", async () => {
  for (const enabled of [true, false]) {
    const metrics = new HubMetrics();
    const memory = new MemoryHub(
      storyText(FAN_OUT, { observability: { watermark: { enabled } } }),
      {
        monitor: metrics,
        observe: (stream, packet) => observeEventTime(stream, packet, metrics, 1_712_000_002_000),
      },
    );
    const a = await memory.open("a");
    const body = encode(DataPacket, {
      metadata: { [ENVELOPE]: "1712000000000" },
      payload: new Uint8Array(),
    });
    a.session.receive(writeFrame({ body }, new WireWriter()));
    const labels = '{storyrun="demo/voice-1",step="a"}';
    const text = await metrics.registry.metrics();
    const has = text.includes(`bobravoz_hub_event_time_watermark_seconds${labels} 1712000000`);
    assertEquals(has, enabled);
    if (!enabled) continue;
    assertStringIncludes(text, `bobravoz_hub_event_time_lag_seconds_sum${labels} 2`);
    memory.hub.close("over");
    assertEquals((await metrics.registry.metrics()).includes(labels), false);
  }
});
