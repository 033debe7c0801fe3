import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { encode } from "../../hub/proto/codec.ts";
import { ControlAction, DataPacket } from "../../hub/proto/messages.ts";
import { jsonToStruct } from "../../hub/proto/struct.ts";
import { storyText } from "../../hub/server/testing/memory_hub.ts";
import { arbitraryTraffic } from "./testing/arbitrary_traffic.ts";
import { startTap } from "./testing/engram_tap.ts";
import { startPeer } from "./testing/peer_process.ts";
import { drained, startConnector } from "./testing/test_connector.ts";
import { AT_LEAST_ONCE, SdkEngram, upTo } from "./testing/test_engram.ts";
import { connected, startHub, StepClient } from "./testing/test_hub.ts";

const STEPS = [{ name: "a" }, { name: "b", needs: ["a"] }];
const COUNT = 1_000;
const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

for (
  const [name, streaming] of [
    ["best effort", { flowControl: { mode: "credits" } }],
    ["at least once", AT_LEAST_ONCE],
  ] as const
) {
  Deno.test(`engrams on the original's SDK stream through connectors and hub: ${name}`, async () => {
    const steps = [...STEPS, { name: "c", needs: ["b"] }];
    await using hub = await startHub(storyText(steps, streaming));
    await using a = await startConnector(hub, "a", streaming);
    await using b = await startConnector(hub, "b", streaming);
    await using c = await startConnector(hub, "c", streaming);
    await connected(hub, "a", "b", "c");
    await using consumer = new SdkEngram("c", c, { mode: "consume" });
    await using transformer = new SdkEngram("b", b, { mode: "transform" });
    await using producer = new SdkEngram("a", a, { mode: "produce", count: COUNT });
    await consumer.until(() => new Set(consumer.numbers).size >= COUNT);
    assertEquals([...new Set(consumer.numbers)], upTo(COUNT));
    assertEquals(consumer.got.find(({ payload }) => payload.n === 999)?.payload, {
      n: 999,
      text: "Grüße",
      list: [null, true, 1.5],
      via: "b",
    });
    await drained(a);
    await drained(b);
    assertEquals([producer, transformer, consumer].map((each) => each.count("session")), [1, 1, 1]);
  });
}

Deno.test("every kind of message arrives at an engram as another one made it", async () => {
  await using hub = await startHub(storyText(STEPS));
  await using a = await startConnector(hub, "a", {});
  await using b = await startConnector(hub, "b", {});
  await using consumer = new SdkEngram("b", b, { mode: "consume" });
  await connected(hub, "a", "b");
  const kinds = ["payload", "telemetry", "error", "binary", "json", "audio", "video"];
  await using _producer = new SdkEngram("a", a, { mode: "produce", count: kinds.length, kinds });
  await consumer.until(() => consumer.got.length >= kinds.length);
  const structured = { text: "Grüße", list: [null, true, 1.5] };
  const json = { mime: "application/json", bytes: 47 };
  const base64 = (n: number) => btoa(String.fromCharCode(0, 255, n, 0));
  const expected: Record<string, unknown>[] = [
    {
      kind: "data",
      id: "m0",
      at: 1_712_000_000_000,
      payload: { n: 0, ...structured },
      binary: json,
    },
    {
      kind: "telemetry",
      id: "m1",
      at: 1_712_000_000_000,
      payload: { n: 1, ...structured },
      binary: json,
      inputs: { style: "warm" },
      transports: [{
        name: "rt",
        kind: "livekit",
        mode: "hot",
        typedConfig: { transportRef: "ref", modeReason: "why" },
      }],
    },
    // The SDK cannot receive its own kind "error": the metadata says it instead.
    {
      kind: "data",
      payload: { version: "v1", type: "timeout", message: "too late" },
      binary: { mime: "application/json", bytes: 54 },
    },
    { payload: base64(3), binary: { mime: "application/x-test", bytes: 4 } },
    {
      kind: "data",
      id: "m4",
      at: 1_712_000_000_000,
      payload: { n: 4, ...structured },
      binary: json,
    },
    {
      audio: {
        PCM: base64(5),
        SampleRateHz: 48_000,
        Channels: 1,
        Codec: "opus",
        Timestamp: 5_000_000,
      },
    },
    {
      video: {
        Payload: base64(6),
        Codec: "h264",
        Width: 4,
        Height: 2,
        Timestamp: 6_000_000,
        Raw: false,
      },
    },
  ];
  const nothing = { kind: "", id: "", payload: null, inputs: null, transports: null };
  for (const [n, got] of consumer.got.entries()) {
    assertEquals<Record<string, unknown>>(got, {
      event: "got",
      sequence: 0,
      stream: "",
      ...nothing,
      ...expected[n],
      metadata: {
        n: String(n),
        type: `test.${kinds[n]}`,
        "storyrun-name": "voice-1",
        "storyrun-namespace": "demo",
        "current-step-id": "b",
        ...(kinds[n] === "error" ? { kind: "error" } : {}),
      },
    });
  }
  assertEquals(consumer.count("session"), 1);
});

Deno.test("an engram is told by a hook that its story's streams are there", async () => {
  const steps = [{ name: "a" }, {
    name: "b",
    needs: ["a"],
    if: '{{ eq packet.type "storyrun.ready" }}',
  }];
  await using hub = await startHub(storyText(steps));
  await using _a = await startConnector(hub, "a", {});
  await using b = await startConnector(hub, "b", {});
  await using consumer = new SdkEngram("b", b, { mode: "consume" });
  await consumer.until(() => consumer.got.length > 0);
  const { kind, id, payload } = consumer.got[0]!;
  assertEquals([kind, id], ["hook", "demo/voice-1:storyrun.ready"]);
  assertEquals([payload.kind, payload.type], ["hook", "storyrun.ready"]);
  assertEquals(consumer.count("session"), 1);
});

Deno.test("an SDK that loses receipts gets the packets again, until each is acknowledged", async () => {
  await using hub = await startHub(storyText(STEPS, AT_LEAST_ONCE));
  await using a = await startConnector(hub, "a", AT_LEAST_ONCE);
  await using b = await startConnector(hub, "b", AT_LEAST_ONCE);
  // Room for four receipts, while the connector counts on 16.
  const env = { BUBU_GRPC_CHANNEL_BUFFER_SIZE: "4" };
  await using consumer = new SdkEngram("b", b, { mode: "consume" }, env);
  await using _producer = new SdkEngram("a", a, { mode: "produce", count: 100 });
  await consumer.until(() => new Set(consumer.numbers).size >= 100);
  await drained(a);
  assertEquals([...new Set(consumer.numbers)], upTo(100));
  assertEquals(consumer.count("session"), 1);
});

Deno.test("chunks are put together by the SDK, and its one receipt acknowledges all of them", async () => {
  await using hub = await startHub(storyText(STEPS, AT_LEAST_ONCE));
  await using b = await startConnector(hub, "b", AT_LEAST_ONCE);
  await using consumer = new SdkEngram("b", b, { mode: "consume" });
  using a = new StepClient(hub, "a", hub.certificate());
  for (let n = 0; n < 20; n++) {
    for (const chunkIndex of [0, 1, 2]) {
      const payload = new TextEncoder().encode(`${n}:${chunkIndex};`);
      a.write({
        body: encode(DataPacket, {
          metadata: { n: String(n) },
          binary: { payload, mimeType: "text/plain" },
          envelope: {
            streamId: "mine",
            chunkId: `c${n}`,
            chunkIndex,
            chunkCount: 3,
            chunkBytes: payload.length,
          },
        }),
      });
    }
  }
  await consumer.until(() => consumer.got.length >= 20);
  assertEquals(consumer.numbers, upTo(20));
  const text = new TextDecoder();
  const joined = consumer.got.map(({ payload }) =>
    text.decode(Uint8Array.from(atob(String(payload)), (char) => char.charCodeAt(0)))
  );
  assertEquals(joined[19], "19:0;19:1;19:2;");
  const step = [...hub.running.hub.runs.values()][0]?.streams.get("b");
  while (step?.outbound.queue.usage.messages !== 0) await pause(5);
  assertEquals(consumer.count("session"), 1);
});

Deno.test("without capabilities and with signs of life every 20 ms, a session goes on and is quiet", async () => {
  await using hub = await startHub(storyText(STEPS), { HUB_HEARTBEAT_INTERVAL: "20ms" });
  await using a = await startConnector(hub, "a", {}, {}, { audioCodecs: [] });
  await using b = await startConnector(hub, "b", {});
  await using tap = await startTap(a.port);
  await using producer = new SdkEngram("a", tap, { mode: "produce", count: 0 }, {
    BUBU_GRPC_HEARTBEAT_INTERVAL: "20ms",
    BUBU_TRANSPORT_HEARTBEAT_INTERVAL: "20ms",
  });
  await using consumer = new SdkEngram("b", b, { mode: "consume" });
  const beats = () => tap.control.filter(({ action }) => action === ControlAction.heartbeat).length;
  await producer.until(() => producer.log.includes('"startup.capabilities":"none"'));
  while (tap.beats() < 20 || beats() < 20) await pause(5);
  assert(consumer.count("session") === 1 || consumer.events.length === 0);
  assertEquals([producer.count("session"), consumer.got.length], [1, 0]);
  assert(!producer.log.includes("ERROR"));
});

Deno.test("whatever packets the contract allows, an engram's session does not end on them", async () => {
  await using hub = await startHub(storyText(STEPS, AT_LEAST_ONCE));
  await using b = await startConnector(hub, "b", AT_LEAST_ONCE);
  await using consumer = new SdkEngram("b", b, { mode: "consume" });
  using a = new StepClient(hub, "a", hub.certificate());
  const seed = Date.now();
  const packets = fc.sample(arbitraryTraffic(), { numRuns: 3, seed }).flat();
  for (const packet of packets) a.write({ body: encode(DataPacket, packet) });
  const last = { metadata: { i: "last" }, payload: jsonToStruct({ n: 0 }) };
  a.write({ body: encode(DataPacket, last) });
  await consumer.until(() => consumer.got.some(({ metadata }) => metadata?.i === "last"));
  const step = [...hub.running.hub.runs.values()][0]?.streams.get("b");
  while (step?.outbound.queue.usage.messages !== 0) await pause(5);
  assertEquals(
    [consumer.count("session"), consumer.log.match(/ERROR.*/)],
    [1, null],
    `seed ${seed}`,
  );
  const [got, dropped] = [consumer.got.length, b.running.connector.drops.get("invalid") ?? 0];
  assert(
    got > packets.length / 4 && dropped > 0,
    `${got} of ${packets.length}, ${dropped} dropped`,
  );
});

for (
  const [name, streaming] of [
    ["best effort", { flowControl: { mode: "credits" } }],
    ["at least once", AT_LEAST_ONCE],
  ] as const
) {
  Deno.test(`engrams on the original's SDK stream from connector to connector, without the hub: ${name}`, async () => {
    await using hub = await startHub(storyText(STEPS, streaming));
    await using b = await startPeer(hub, "b", streaming);
    await using a = await startPeer(hub, "a", streaming, { step: "b", port: b.peerPort });
    await using consumer = new SdkEngram("b", b, { mode: "consume" });
    await consumer.until(() => consumer.count("session") === 1);
    while (!a.log().includes("connected to the")) await pause(5);
    await using producer = new SdkEngram("a", a, { mode: "produce", count: COUNT });
    await consumer.until(() => new Set(consumer.numbers).size >= COUNT);
    assertEquals([...new Set(consumer.numbers)], upTo(COUNT));
    assertEquals(consumer.got[0]?.metadata, {
      n: "0",
      type: "test.payload",
      "storyrun-name": "voice-1",
      "storyrun-namespace": "demo",
      "current-step-id": "b",
    });
    const steps = [...hub.running.hub.runs.values()].flatMap((run) => [...run.streams.values()]);
    assertEquals(steps.map(({ id, delivered }) => [id, delivered]), [["b", 0]]);
    assertEquals([producer, consumer].map((each) => each.count("session")), [1, 1]);
  });
}
