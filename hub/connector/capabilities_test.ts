import { assertEquals } from "@std/assert";
import { PACKET_MIME_TYPE } from "../../contracts/transport/packet_envelope.ts";
import { encode } from "../proto/codec.ts";
import { DataMessage, type DataPacket } from "../proto/messages.ts";
import { announcedCapabilities, capabilityMetadata, CapabilityWatch } from "./capabilities.ts";

const INFO = {
  transportRef: "rt",
  driver: "grpc",
  endpoint: "",
  audioCodecs: ["opus", "pcm16"],
  videoCodecs: [],
  binaryTypes: [],
  protocolVersion: "1.0.0",
  settings: undefined,
} as const;
const pcm = Uint8Array.of(1);

function watch() {
  const clock = { time: 0 };
  const watch = new CapabilityWatch(announcedCapabilities(INFO), () => clock.time);
  const see = (message: DataPacket) => {
    clock.time += 10_000;
    return watch.see(encode(DataMessage, message));
  };
  return { clock, watch, see };
}

Deno.test("what is announced counts until a frame says otherwise", () => {
  const { watch: seen, see } = watch();
  assertEquals(capabilityMetadata(seen.current), { "audio.codec": "opus" });
  assertEquals(
    see({ audio: { pcm, codec: " PCM16 ", sampleRateHz: 16_000, channels: 2 } }),
    true,
  );
  assertEquals(see({ video: { payload: pcm, codec: "vp8", raw: true } }), true);
  assertEquals(see({ binary: { payload: pcm, mimeType: "image/png" } }), true);
  assertEquals(see({ binary: { payload: pcm, mimeType: "image/png" } }), false);
  assertEquals(capabilityMetadata(seen.current), {
    "audio.codec": "pcm16",
    "audio.sample_rate_hz": "16000",
    "audio.channels": "2",
    "video.codec": "vp8",
    "video.profile": "raw",
    "binary.mime": "image/png",
  });
});

Deno.test("codecs that a binding may not name, structured packets and junk are not told of", () => {
  const { see, watch: seen } = watch();
  for (
    const message of [
      { audio: { pcm, codec: "speex", sampleRateHz: 8_000, channels: 1 } },
      { video: { payload: pcm, codec: "theora" } },
      { binary: { payload: pcm, mimeType: `${PACKET_MIME_TYPE}; v=1` } },
      { binary: { payload: pcm, mimeType: "no type" } },
      { binary: { payload: pcm, mimeType: `a/${"x".repeat(300)}` } },
      { metadata: { "bubu-heartbeat": "true" } },
    ]
  ) assertEquals(see(message), false, JSON.stringify(message));
  assertEquals(seen.see(Uint8Array.of(0x0a, 0xff)), false);
  assertEquals(seen.observed, {});
});

Deno.test("one message a second is looked at, and a change is left alone for ten", () => {
  const { clock, watch: seen } = watch();
  const frame = (mimeType: string) => encode(DataMessage, { binary: { payload: pcm, mimeType } });
  assertEquals(seen.see(frame("a/a")), true);
  clock.time = 9_999;
  assertEquals(seen.see(frame("b/b")), false);
  clock.time = 10_000;
  assertEquals(seen.see(frame("a/a")), false);
  clock.time = 10_500;
  assertEquals(seen.see(frame("b/b")), false);
  clock.time = 11_000;
  assertEquals(seen.see(frame("b/b")), true);
});
