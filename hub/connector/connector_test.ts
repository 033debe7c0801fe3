import { assertEquals } from "@std/assert";
import type { StreamingSettings } from "../../contracts/transport/streaming_settings.ts";
import { encode } from "../proto/codec.ts";
import { writeFrame } from "../proto/frame.ts";
import { DataMessage, DataPacket, type StreamEnvelope } from "../proto/messages.ts";
import { jsonToStruct } from "../proto/struct.ts";
import { WireWriter } from "../proto/wire_writer.ts";
import { MemoryWire } from "../server/testing/memory_wire.ts";
import { Connector } from "./connector.ts";
import { legPolicies } from "./leg_policies.ts";

const AT_LEAST_ONCE: StreamingSettings = { delivery: { semantics: "at_least_once" } };
const OURS = { batched: true, streamId: "b@1" };
const writer = new WireWriter();
const turn = () => new Promise<void>((resolve) => queueMicrotask(() => queueMicrotask(resolve)));

function connector(settings: StreamingSettings = {}, maxMessages = 100): Connector {
  return new Connector({
    streamId: "a@1",
    identity: { namespace: "demo", storyRun: "voice-1", step: "a" },
    policies: legPolicies(settings, { maxMessages, maxBytes: 1_000_000 }),
    now: () => 0,
  });
}

const data = (n: number) => encode(DataMessage, { payload: jsonToStruct({ n }) });
const packet = (n: number, envelope?: StreamEnvelope) =>
  writeFrame({
    body: encode(DataPacket, { payload: jsonToStruct({ n }) }),
    ...(envelope === undefined ? {} : { envelope }),
  }, writer);
const flow = (control: object) => writeFrame({ flow: control }, writer);
const sequences = (wire: MemoryWire) =>
  wire.messages.flatMap(({ packet }) => packet === undefined ? [] : [packet.envelope?.sequence]);
const payloads = (wire: MemoryWire) => wire.payloads.map(({ n }) => n);
const flows = (wire: MemoryWire) => wire.messages.flatMap(({ flow }) => flow ?? []);

Deno.test("what a hub of ours did not acknowledge is sent again under the same numbers", async () => {
  const leg = connector(AT_LEAST_ONCE);
  const engram = new MemoryWire();
  const [first, second] = [new MemoryWire(), new MemoryWire()];
  leg.engramOpened(engram);
  leg.hubOpened(first, OURS);
  for (const n of [1, 2, 3]) leg.engramFrame(engram, data(n));
  await turn();
  assertEquals(first.frames.length, 1, "one frame for what came in one turn");
  leg.hubFrame(flow({ ack: 1 }));
  leg.hubClosed();
  leg.engramFrame(engram, data(4));
  leg.hubOpened(second, OURS);
  await turn();
  assertEquals([payloads(second), sequences(second)], [[2, 3, 4], [2, 3, 4]]);
  leg.hubFrame(flow({ ack: 4 }));
  assertEquals(leg.isDrained, true);
});

Deno.test("the original gets the plain protocol, and nothing waits for its acknowledgement", async () => {
  const leg = connector(AT_LEAST_ONCE);
  const engram = new MemoryWire();
  const hub = new MemoryWire();
  leg.engramOpened(engram);
  leg.hubOpened(hub, { batched: false, streamId: undefined });
  for (const n of [1, 2]) leg.engramFrame(engram, data(n));
  await turn();
  assertEquals([hub.frames.length, sequences(hub)], [2, [undefined, undefined]]);
  assertEquals(leg.isDrained, true);
});

Deno.test("a numbered packet is acknowledged when the engram is done with it, not before", async () => {
  const leg = connector(AT_LEAST_ONCE);
  const engram = new MemoryWire();
  const hub = new MemoryWire();
  leg.hubOpened(hub, OURS);
  leg.engramOpened(engram);
  for (const sequence of [1, 2]) leg.hubFrame(packet(sequence, { streamId: "b@1", sequence }));
  await turn();
  assertEquals([engram.frames.length, flows(hub).length], [2, 0]);
  assertEquals(leg.receipt({ streamId: "b@1", sequence: 1 }), true);
  assertEquals(leg.receipt({ streamId: "b@1", sequence: 1 }), false, "a second time says nothing");
  await turn();
  assertEquals(flows(hub).map(({ ack }) => ack), [1]);
});

Deno.test("a receipt for a hub that restarted since is not told to the one after it", async () => {
  const leg = connector(AT_LEAST_ONCE);
  const hub = new MemoryWire();
  leg.hubOpened(new MemoryWire(), OURS);
  leg.engramOpened(new MemoryWire());
  leg.hubFrame(packet(1, { streamId: "b@1", sequence: 1 }));
  await turn();
  leg.hubClosed();
  leg.hubOpened(hub, { batched: true, streamId: "b@2" });
  leg.receipt({ streamId: "b@1", sequence: 1 });
  leg.tick();
  await turn();
  assertEquals(flows(hub).filter(({ ack }) => ack), []);
});

Deno.test("an engram that comes anew gets first what it was not done with", async () => {
  const leg = connector(AT_LEAST_ONCE);
  const [first, second] = [new MemoryWire(), new MemoryWire()];
  leg.hubOpened(new MemoryWire(), OURS);
  leg.engramOpened(first);
  for (const sequence of [1, 2]) leg.hubFrame(packet(sequence, { streamId: "b@1", sequence }));
  await turn();
  leg.receipt({ streamId: "b@1", sequence: 1 });
  leg.engramClosed(first);
  leg.hubFrame(packet(3, { streamId: "b@1", sequence: 3 }));
  leg.engramOpened(second);
  await turn();
  assertEquals([first.frames.length, second.frames.length, first.ended], [2, 2, undefined]);
});

Deno.test("an engram that is too slow pauses the hub, one that is too fast is paused", async () => {
  const leg = connector(AT_LEAST_ONCE, 2);
  const engram = new MemoryWire();
  const hub = new MemoryWire();
  leg.hubOpened(hub, OURS);
  for (const sequence of [1, 2]) leg.hubFrame(packet(sequence, { streamId: "b@1", sequence }));
  await turn();
  assertEquals(flows(hub).at(-1)?.signal, 1);
  leg.engramOpened(engram);
  await turn();
  for (const sequence of [1, 2]) leg.receipt({ streamId: "b@1", sequence });
  await turn();
  assertEquals(flows(hub).some(({ signal }) => signal === 2), true);
  for (const n of [1, 2, 3]) leg.engramFrame(engram, data(n));
  await turn();
  assertEquals([engram.paused, payloads(hub)], [true, [1, 2]]);
  leg.hubFrame(flow({ ack: 2 }));
  await turn();
  assertEquals([engram.paused, payloads(hub)], [false, [1, 2, 3]]);
});

Deno.test("best effort without a hub: the drop policy decides, and each drop is counted once", async () => {
  const leg = connector({ backpressure: { buffer: { dropPolicy: "drop_oldest" } } }, 2);
  const engram = new MemoryWire();
  const hub = new MemoryWire();
  leg.engramOpened(engram);
  for (const n of [1, 2, 3, 4, 5]) leg.engramFrame(engram, data(n));
  assertEquals([leg.announce(), leg.announce()], [{ drop_oldest: 3 }, undefined]);
  leg.hubOpened(hub, OURS);
  await turn();
  assertEquals([payloads(hub), engram.paused], [[4, 5], false]);
});

Deno.test("a malformed message ends its own side alone", async () => {
  const leg = connector();
  const engram = new MemoryWire();
  const hub = new MemoryWire();
  leg.hubOpened(hub, OURS);
  leg.engramOpened(engram);
  leg.engramFrame(engram, Uint8Array.of(0x0a, 0xff));
  assertEquals([engram.ended?.code, hub.ended], [3, undefined]);
  leg.hubFrame(Uint8Array.of(0x0a, 0xff));
  await turn();
  assertEquals(hub.ended?.code, 3);
});
