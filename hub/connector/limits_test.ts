import { assert, assertEquals } from "@std/assert";
import type { StreamingSettings } from "../../contracts/transport/streaming_settings.ts";
import { encode } from "../proto/codec.ts";
import { writeFrame } from "../proto/frame.ts";
import { DataMessage, DataPacket } from "../proto/messages.ts";
import { WireWriter } from "../proto/wire_writer.ts";
import { settle } from "../server/testing/memory_hub.ts";
import { MemoryWire } from "../server/testing/memory_wire.ts";
import { Connector } from "./connector.ts";
import { readGrpcConfig } from "./grpc_config.ts";
import { legPolicies } from "./leg_policies.ts";
import { type ConnectorLimits, limitsOf, NO_LIMITS } from "./limits.ts";

const AT_LEAST_ONCE: StreamingSettings = { delivery: { semantics: "at_least_once" } };
const OURS = { batched: true, streamId: "b@1" };
const writer = new WireWriter();
const binary = (bytes: number) => ({ binary: { payload: new Uint8Array(bytes), mimeType: "x/y" } });
const data = (bytes: number) => encode(DataMessage, binary(bytes));
const packet = (sequence: number, bytes = 1) =>
  writeFrame({
    body: encode(DataPacket, binary(bytes)),
    envelope: { streamId: "b@1", sequence },
  }, writer);

function world(limits: Partial<ConnectorLimits>, settings: StreamingSettings = {}, room = 100) {
  const clock = { time: 0 };
  const leg = new Connector({
    streamId: "a@1",
    identity: { namespace: "demo", storyRun: "voice-1", step: "a" },
    policies: legPolicies(settings, { maxMessages: room, maxBytes: 2 ** 30 }),
    limits: { ...NO_LIMITS, ...limits },
    now: () => clock.time,
  });
  const [engram, hub] = [new MemoryWire(), new MemoryWire()];
  return { leg, clock, engram, hub };
}

Deno.test("a large packet goes in a frame of its own, so that no frame passes what a message may have", async () => {
  const { leg, engram, hub } = world({}, AT_LEAST_ONCE);
  leg.engramOpened(engram);
  for (const size of [100_000, 100_000, 9_000_000, 10, 10]) leg.engramFrame(engram, data(size));
  leg.hubOpened(hub, OURS);
  await settle();
  const sizes = hub.frames.map(({ length }) => length);
  assertEquals(hub.messages.map(({ packet }) => packet?.envelope?.sequence), [1, 2, 3, 4, 5]);
  assert(sizes.every((size) => size < 9_001_000), String(sizes));
});

Deno.test("a packet that the other end would not take is dropped and counted, instead of ending the stream for ever", async () => {
  const env: Record<string, string> = { BUBU_GRPC_MAX_SEND_BYTES: "2097152" };
  const limits = limitsOf(readGrpcConfig((name) => env[name]));
  const { leg, engram, hub } = world(limits, AT_LEAST_ONCE);
  leg.engramOpened(engram);
  leg.hubOpened(hub, OURS);
  leg.engramFrame(engram, data(10 * 1024 * 1024 - 100));
  leg.engramFrame(engram, data(1));
  leg.hubFrame(packet(1, 2 * 1024 * 1024));
  leg.hubFrame(packet(2));
  await settle();
  assertEquals([hub.messages.filter(({ packet }) => packet).length, engram.frames.length], [1, 1]);
  assertEquals([leg.drops.get("oversize"), leg.tally.downstreamDrops.get("oversize")], [2, 1]);
});

Deno.test("an engram that says nothing has to come anew, unless it was told to wait", async () => {
  const { leg, clock, engram, hub } = world({ messageTimeout: 1_000 }, AT_LEAST_ONCE, 1);
  leg.hubOpened(hub, OURS);
  leg.engramOpened(engram);
  clock.time = 900;
  leg.engramFrame(engram, encode(DataMessage, { metadata: { "bubu-heartbeat": "true" } }));
  clock.time = 1_800;
  leg.tick();
  assertEquals(engram.ended, undefined, "a sign of life counts");
  for (const size of [1, 1, 1]) leg.engramFrame(engram, data(size));
  await settle();
  assertEquals(engram.paused, true);
  clock.time = 60_000;
  leg.tick();
  assertEquals(engram.ended, undefined, "it could not have said anything");
  leg.hubFrame(writeFrame({ flow: { ack: 1 } }, writer));
  await settle();
  leg.hubFrame(writeFrame({ flow: { ack: 2 } }, writer));
  await settle();
  assertEquals(engram.paused, false);
  clock.time += 10_000;
  leg.tick();
  assertEquals(engram.ended, undefined, "it was not heard because nobody ran here");
  clock.time += 1_000;
  leg.tick();
  assertEquals(engram.ended?.code, 4);
});

Deno.test("best effort with a send timeout: what waits too long at a full buffer is dropped, either way", async () => {
  const block: StreamingSettings = { backpressure: { buffer: { dropPolicy: "block" } } };
  for (const settings of [block, { ...block, ...AT_LEAST_ONCE }]) {
    const { leg, clock, engram } = world({ sendTimeout: 500 }, settings, 2);
    leg.engramOpened(engram);
    for (let n = 0; n < 4; n++) leg.engramFrame(engram, data(1));
    leg.engramClosed(engram);
    for (const sequence of [1, 2]) leg.hubFrame(packet(sequence));
    clock.time = 501;
    leg.tick();
    const lossy = settings === block;
    assertEquals([...leg.drops], lossy ? [["timeout", 3]] : []);
    const other = new MemoryWire();
    leg.engramOpened(other);
    await settle();
    assertEquals(other.frames.length, lossy ? 1 : 2, "only as many as there is need for");
  }
});

Deno.test("sizes and times come from the environment, and too small ones are as small as works", () => {
  const env: Record<string, string> = {
    BUBU_GRPC_MAX_RECV_BYTES: "20971520",
    BUBU_GRPC_CLIENT_MAX_SEND_BYTES: "5",
    BUBU_GRPC_KEEPALIVE_TIME: "1s",
    BUBU_GRPC_KEEPALIVE_TIMEOUT: "0s",
    BUBU_GRPC_MESSAGE_TIMEOUT: "0s",
  };
  const config = readGrpcConfig((name) => env[name]);
  assertEquals(config.server["grpc.max_receive_message_length"], 20_971_520);
  assertEquals(config.server["grpc.max_send_message_length"], 10_485_760);
  assertEquals(config.client["grpc.max_send_message_length"], 1_048_576);
  assertEquals(config.client["grpc.keepalive_time_ms"], 5_000);
  assertEquals(config.server["grpc.keepalive_timeout_ms"], 1_000);
  assertEquals([config.messageTimeout, config.hangTimeout, config.sendTimeout], [0, 0, 0]);
  assertEquals(readGrpcConfig(() => undefined).messageTimeout, 30_000);
});
