import { assertEquals } from "@std/assert";
import { resolvePolicies } from "../../contracts/transport/policies.ts";
import type { StreamingSettings } from "../../contracts/transport/streaming_settings.ts";
import { Outbound } from "../../hub/delivery/outbound.ts";
import { Receipts } from "../../hub/delivery/receipts.ts";
import { encode } from "../../hub/proto/codec.ts";
import { DataPacket } from "../../hub/proto/messages.ts";
import { jsonToStruct, structToJson } from "../../hub/proto/struct.ts";
import { storyText } from "../../hub/server/testing/memory_hub.ts";
import { type HubProcess, startHubProcess } from "./testing/hub_process.ts";
import { StepClient } from "./testing/test_hub.ts";

const ROUNDS = 10;
const PACKETS = 2_000;
const STREAMING: StreamingSettings = {
  delivery: { semantics: "at_least_once" },
  flowControl: { mode: "credits", ackEvery: { messages: 5, maxDelay: "20ms" } },
};
const STORY = storyText([{ name: "a" }, { name: "b", needs: ["a"] }], STREAMING);
const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

Deno.test("at least once: kill -9 of the hub and cuts of either side lose nothing and keep the order", async () => {
  const sender = new Outbound(
    "a@1",
    resolvePolicies({
      backpressure: { buffer: { maxMessages: PACKETS, maxBytes: 2 ** 24 } },
      delivery: { semantics: "at_least_once" },
    }),
  );
  for (let n = 0; n < PACKETS; n++) {
    const body = encode(DataPacket, { payload: jsonToStruct({ n }) });
    sender.offer({ body, size: body.length, kind: "payload", at: 0, partition: "" });
  }
  const got: number[] = [];
  let hub: HubProcess = await startHubProcess(STORY);
  const { port } = hub.running;
  let producer: StepClient;
  let consumer: StepClient;
  let readByProducer = 0;
  let readByConsumer = 0;
  let receipts = new Receipts(resolvePolicies(STREAMING).flow.ackEvery);
  const connectProducer = () => {
    producer = new StepClient(hub, "a", hub.certificate(), { "headrace-batch": "1" });
    readByProducer = 0;
    sender.disconnect();
    sender.connect();
  };
  const connectConsumer = () => {
    consumer = new StepClient(hub, "b", hub.certificate());
    readByConsumer = 0;
    receipts = new Receipts(receipts.ackEvery);
  };
  /** A few packets out, whatever came in, and the acknowledgements that are due. */
  const work = () => {
    for (const { flow } of producer.messages.slice(readByProducer)) {
      readByProducer++;
      if (flow !== undefined) sender.flow(flow);
    }
    for (let sent = 0; sent < 4; sent++) {
      const next = sender.next(0);
      if (next === undefined) break;
      producer.write(next);
    }
    // Slower than the producer, so that the hub has something to lose.
    for (const { packet } of consumer.messages.slice(readByConsumer, readByConsumer + 3)) {
      readByConsumer++;
      const payload = packet?.decoded().payload;
      if (packet?.envelope === undefined || payload === undefined) continue;
      receipts.arrived(packet.envelope);
      got.push(Number(structToJson(payload).n));
      receipts.done(packet.envelope, packet.size, 0);
    }
    for (const flow of receipts.take()) consumer.write({ flow });
  };
  try {
    connectProducer();
    connectConsumer();
    for (let round = 0; round < ROUNDS; round++) {
      const until = performance.now() + 30 + Math.random() * 120;
      while (performance.now() < until) {
        work();
        await pause(2);
      }
      const victim = round % 3;
      if (victim === 0) {
        hub.child.kill("SIGKILL");
        const { authority } = hub;
        await hub[Symbol.asyncDispose]();
        hub = await startHubProcess(STORY, { HUB_LISTEN_ADDR: `127.0.0.1:${port}` }, authority);
      }
      if (victim !== 1) {
        producer![Symbol.dispose]();
        connectProducer();
      }
      if (victim !== 2) {
        consumer![Symbol.dispose]();
        connectConsumer();
      }
    }
    const deadline = performance.now() + 30_000;
    while (sender.unacked + sender.queue.size > 0 && performance.now() < deadline) {
      work();
      await pause(2);
    }
    const first = [...new Set(got)];
    assertEquals(first, Array.from({ length: PACKETS }, (_, n) => n));
    assertEquals(sender.unacked, 0);
  } finally {
    producer![Symbol.dispose]();
    consumer![Symbol.dispose]();
    await hub[Symbol.asyncDispose]();
  }
});
