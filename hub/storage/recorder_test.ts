import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { encode } from "../proto/codec.ts";
import { DataPacket } from "../proto/messages.ts";
import { Packet } from "../proto/packet.ts";
import { type JsonObject, jsonToStruct } from "../proto/struct.ts";
import type { StepStream } from "../server/step_stream.ts";
import {
  FAN_OUT,
  MemoryHub,
  packetFrame,
  settle,
  storyText,
} from "../server/testing/memory_hub.ts";
import { Recorder } from "./recorder.ts";
import { recordingOf } from "./recording.ts";
import { MemoryStore } from "./testing/memory_store.ts";

const AT = Date.UTC(2026, 3, 8, 10, 0, 0, 5);

/** What was written under a name. */
interface Written {
  readonly [field: string]: unknown;
  readonly packet: JsonObject;
}

/** A hub that records, with a store in memory. */
function recording(settings: object, random = () => 0) {
  const store = new MemoryStore();
  const log: string[] = [];
  const clock = { at: AT };
  const recorder = new Recorder({
    store,
    logger: (_level, message) => log.push(message),
    unixNow: () => clock.at,
    random,
  });
  const memory = new MemoryHub(storyText(FAN_OUT, { recording: settings }), {
    observe: (stream, packet) => recorder.observe(stream, packet),
  });
  const files = (): Written[] =>
    [...store.blobs].map(([name, bytes]) => ({
      name,
      ...JSON.parse(new TextDecoder().decode(bytes)),
    }));
  const counts = () => {
    const stream = [...memory.hub.streamsOfAll()].find(({ id }) => id === "a");
    return Object.fromEntries(stream?.recordings ?? []);
  };
  return { memory, recorder, store, files, counts, clock, log };
}

Deno.test("a packet is written down without its content, under its time, as the original does", async () => {
  const { memory, recorder, files, counts } = recording({ mode: "metadata" });
  const a = await memory.open("a");
  a.session.receive(packetFrame({ secret: "x" }));
  await recorder.flush();
  assertEquals(files(), [{
    name: "stream-recordings/demo/voice-1/a/20260408T100000.005000000Z-000000000000.json",
    recorded_at: "2026-04-08T10:00:00.005Z",
    story_run: "voice-1",
    story_run_namespace: "demo",
    step: "a",
    mode: "metadata",
    retention_seconds: 86_400,
    packet: {},
  }]);
  assertEquals(counts(), { recorded: 1 });
});

Deno.test("redacted fields are gone wherever they are, and nothing else is", () => {
  const packet: DataPacket = {
    metadata: { "user.email": "a@b", lang: "en" },
    payload: jsonToStruct({ api_key: "k", nested: { api_key: "k" }, list: [{ pin: 1, n: 2 }] }),
    audio: { pcm: Uint8Array.of(1, 2), codec: "opus" },
  };
  const recorded = recordingOf(
    packet,
    { namespace: "demo", storyRun: "voice-1", step: "a" },
    {
      mode: "payload",
      sampleRate: 100,
      retention: 1_000,
      redactFields: [
        "payload.api_key",
        "packet.payload.list.pin",
        "metadata.user.email",
        "audio.pcm",
      ],
    },
    new Date(AT),
  );
  assertEquals(recorded["packet"], {
    metadata: { lang: "en" },
    payload: { nested: { api_key: "k" }, list: [{ n: 2 }] },
    audio: { codec: "opus", timestamp_ms: 0, sample_rate_hz: 0, channels: 0 },
  });
});

Deno.test("whatever path is redacted, its value is in no recording", () => {
  const keys = fc.array(fc.stringMatching(/^[a-z]{1,3}$/), { minLength: 1, maxLength: 4 });
  fc.assert(fc.property(keys, fc.boolean(), (path, listed) => {
    const value = path.reduceRight<JsonObject | string>(
      (inner, key) =>
        ({ [key]: listed && typeof inner === "object" ? [inner] : inner }) as JsonObject,
      "SECRET",
    );
    const recorded = recordingOf(
      { payload: jsonToStruct(value as JsonObject) },
      { namespace: "n", storyRun: "r", step: "s" },
      {
        mode: "payload",
        sampleRate: 100,
        retention: 1,
        redactFields: [`payload.${path.join(".")}`],
      },
      new Date(0),
    );
    assert(!JSON.stringify(recorded).includes("SECRET"));
  }));
});

Deno.test("as many packets are recorded as the settings say, and each is counted by what became of it", async () => {
  let next = 0;
  const { memory, recorder, files, counts } = recording(
    { mode: "payload", sampleRate: 30 },
    () => next++ % 10 / 10,
  );
  const a = await memory.open("a");
  for (let n = 0; n < 10; n++) a.session.receive(packetFrame({ n }));
  await recorder.flush();
  assertEquals(files().map(({ packet }) => packet["payload"]), [{ n: 0 }, { n: 1 }, { n: 2 }]);
  assertEquals(counts(), { recorded: 3, sampled_out: 7 });
});

Deno.test("a store that is slow drops recordings and never holds the stream", async () => {
  const { memory, recorder, counts } = recording({ mode: "payload" });
  const a = await memory.open("a");
  for (let n = 0; n < 1_200; n++) {
    a.session.receive(packetFrame({ n }));
    await settle();
  }
  assertEquals(counts(), { dropped: 200 });
  assertEquals([...memory.hub.streamsOfAll()].find(({ id }) => id === "a")?.received, 1_200);
  await recorder.flush();
  assertEquals(counts(), { dropped: 200, recorded: 1_000 });
});

Deno.test("a store that fails is told once and counted, and no store at all counted too", async () => {
  const { memory, recorder, counts, store, log } = recording({ mode: "payload" });
  store.failure = new Error("no space left on device");
  const a = await memory.open("a");
  for (let n = 0; n < 3; n++) a.session.receive(packetFrame({ n }));
  await recorder.flush();
  assertEquals(counts(), { write_error: 3 });
  assertEquals(log, ["recordings cannot be written"]);
  const without = new Recorder({ ...recorder.options, store: undefined });
  const [stream] = memory.hub.streamsOfAll();
  without.observe(stream as StepStream, Packet.read(encode(DataPacket, {})));
  assertEquals(counts(), { write_error: 3, storage_disabled: 1 });
});

Deno.test("recordings older than their retention are removed, now and then", async () => {
  const { memory, recorder, files, counts, clock } = recording({
    mode: "payload",
    retentionSeconds: 100,
  });
  const a = await memory.open("a");
  for (const [n, seconds] of [0, 90, 110, 180, 260].entries()) {
    clock.at = AT + seconds * 1_000;
    a.session.receive(packetFrame({ n }));
    await recorder.flush();
  }
  assertEquals(files().map(({ packet }) => packet["payload"]), [{ n: 3 }, { n: 4 }]);
  assertEquals(counts(), { recorded: 5, gc_deleted: 3 });
});
