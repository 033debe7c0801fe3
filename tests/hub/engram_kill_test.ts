import { assertEquals } from "@std/assert";
import { ControlAction } from "../../hub/proto/messages.ts";
import { storyText } from "../../hub/server/testing/memory_hub.ts";
import { startTap } from "./testing/engram_tap.ts";
import { startHubProcess } from "./testing/hub_process.ts";
import { startPeer } from "./testing/peer_process.ts";
import { drained, startConnector } from "./testing/test_connector.ts";
import { AT_LEAST_ONCE, SdkEngram, upTo } from "./testing/test_engram.ts";
import { startHub } from "./testing/test_hub.ts";

const STEPS = [{ name: "a" }, { name: "b", needs: ["a"] }];
const COUNT = 1_000;
const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

Deno.test("a hub that is killed loses nothing, and the SDK acknowledges what it is told of it", async () => {
  const story = storyText(STEPS, AT_LEAST_ONCE);
  let hub = await startHubProcess(story);
  try {
    const { running: { port }, authority } = hub;
    await using a = await startConnector(hub, "a", AT_LEAST_ONCE);
    await using b = await startConnector(hub, "b", AT_LEAST_ONCE);
    await using tap = await startTap(b.port);
    await using consumer = new SdkEngram("b", tap, { mode: "consume" });
    await using producer = new SdkEngram("a", a, { mode: "produce", count: COUNT, pause: 5 });
    await consumer.until(() => consumer.got.length > COUNT / 4);
    hub.child.kill("SIGKILL");
    await hub[Symbol.asyncDispose]();
    await consumer.until(() => consumer.log.includes("handoff.draining"));
    hub = await startHubProcess(story, { HUB_LISTEN_ADDR: `127.0.0.1:${port}` }, authority);
    await consumer.until(() => new Set(consumer.numbers).size >= COUNT);
    assertEquals([...new Set(consumer.numbers)], upTo(COUNT), "first deliveries keep the order");
    await drained(a);
    assertEquals([producer.count("session"), consumer.count("session")], [1, 1]);
    const acknowledged = tap.control.filter(({ action }) => action === ControlAction.ack);
    assertEquals(acknowledged.map(({ metadata }) => metadata), [
      { handled: "true", reason: "startup", type: "connector.ready" },
      { handled: "true", reason: "capabilities", type: "connector.capabilities" },
      { handled: "true", reason: "handoff", type: "handoff.draining" },
      { handled: "true", reason: "handoff", type: "handoff.cutover" },
      { handled: "true", reason: "handoff", type: "handoff.ready" },
    ]);
  } finally {
    await hub[Symbol.asyncDispose]();
  }
});

Deno.test("a consumer that is killed gets again what it was not done with, and nothing else", async () => {
  await using hub = await startHub(storyText(STEPS, AT_LEAST_ONCE));
  await using a = await startConnector(hub, "a", AT_LEAST_ONCE);
  await using b = await startConnector(hub, "b", AT_LEAST_ONCE);
  await using _producer = new SdkEngram("a", a, { mode: "produce", count: 100 });
  let seen: number[];
  {
    await using first = new SdkEngram("b", b, { mode: "consume", holdFrom: 11 });
    await first.until(() => first.got.length >= 15);
    // Receipts are in the order of messages: those of the first ten are sent by now or never.
    while (hub.running.hub.runs.size === 0 || b.running.connector.inbox.messages > 90) {
      await pause(5);
    }
    seen = first.numbers;
  }
  await using second = new SdkEngram("b", b, { mode: "consume" });
  await second.until(() => new Set([...seen, ...second.numbers]).size >= 100);
  await drained(a);
  assertEquals([...new Set(second.numbers)], upTo(100).slice(10));
});

Deno.test("a producer that is killed and comes anew is not taken for itself", async () => {
  await using hub = await startHub(storyText(STEPS, AT_LEAST_ONCE));
  await using a = await startConnector(hub, "a", AT_LEAST_ONCE);
  await using b = await startConnector(hub, "b", AT_LEAST_ONCE);
  await using consumer = new SdkEngram("b", b, { mode: "consume" });
  {
    await using first = new SdkEngram("a", a, { mode: "produce", count: COUNT, pause: 5 });
    await consumer.until(() => consumer.got.length > 100);
    await first.kill();
  }
  await drained(a);
  const before = new Set(consumer.numbers).size;
  assertEquals([...new Set(consumer.numbers)], upTo(before));
  await using _second = new SdkEngram("a", a, { mode: "produce", count: 100, from: COUNT });
  await consumer.until(() => consumer.numbers.includes(COUNT + 99));
  await drained(a);
  const after = [...new Set(consumer.numbers)];
  assertEquals(after, [...upTo(before), ...upTo(100).map((n) => COUNT + n)]);
  assertEquals(consumer.count("session"), 1);
});

Deno.test("connectors that are killed lose nothing that came to them and was acknowledged", async () => {
  await using hub = await startHub(storyText(STEPS, AT_LEAST_ONCE));
  await using a = await startConnector(hub, "a", AT_LEAST_ONCE);
  await using b = await startPeer(hub, "b", AT_LEAST_ONCE);
  await using consumer = new SdkEngram("b", b, { mode: "consume" });
  await using _producer = new SdkEngram("a", a, { mode: "produce", count: COUNT, pause: 5 });
  for (const round of [1, 2]) {
    await consumer.until(() => new Set(consumer.numbers).size > COUNT * round / 3);
    await b.kill();
    await b.start();
  }
  await consumer.until(() => new Set(consumer.numbers).size >= COUNT);
  await drained(a);
  assertEquals([...new Set(consumer.numbers)], upTo(COUNT), "first deliveries keep the order");
  assertEquals(consumer.count("session"), 3, "the SDK has come again by itself");
});

Deno.test("peer to peer, connectors and engrams that are killed lose nothing and keep the order", async () => {
  await using hub = await startHub(storyText(STEPS, AT_LEAST_ONCE));
  await using b = await startPeer(hub, "b", AT_LEAST_ONCE);
  await using a = await startPeer(hub, "a", AT_LEAST_ONCE, { step: "b", port: b.peerPort });
  await using producer = new SdkEngram("a", a, { mode: "produce", count: COUNT, pause: 5 });
  const got: number[] = [];
  {
    await using first = new SdkEngram("b", b, { mode: "consume" });
    await first.until(() => new Set(first.numbers).size > COUNT / 4);
    await b.kill();
    await b.start();
    await first.until(() => new Set(first.numbers).size > COUNT / 2);
    await first.kill();
    got.push(...first.numbers);
  }
  await using second = new SdkEngram("b", b, { mode: "consume" });
  await second.until(() => new Set([...got, ...second.numbers]).size >= COUNT);
  assertEquals([...new Set([...got, ...second.numbers])], upTo(COUNT));
  assertEquals(producer.log.match(/Handoff directive received","type":"[a-z.]+/g)?.length, 3);
  assertEquals(producer.count("session"), 1);
});
