import { assertEquals, assertStringIncludes } from "@std/assert";
import type { StreamingSettings } from "../../contracts/transport/streaming_settings.ts";
import { ControlAction } from "../../hub/proto/messages.ts";
import { storyText } from "../../hub/server/testing/memory_hub.ts";
import { CACHE, type HubProcess, runHub, startHubProcess } from "./testing/hub_process.ts";
import {
  connectorEnvironment,
  drained,
  EngramClient,
  startConnector,
} from "./testing/test_connector.ts";
import { startHub } from "./testing/test_hub.ts";

const STEPS = [{ name: "a" }, { name: "b", needs: ["a"] }];
const AT_LEAST_ONCE: StreamingSettings = {
  delivery: { semantics: "at_least_once" },
  flowControl: { mode: "credits", ackEvery: { messages: 5, maxDelay: "20ms" } },
};
const COUNT = 1_000;
const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
const numbers = Array.from({ length: COUNT }, (_, n) => n);

for (
  const [name, streaming] of [
    ["best effort", { flowControl: { mode: "credits" } }],
    ["at least once", AT_LEAST_ONCE],
  ] as const
) {
  Deno.test(`a thousand packets go from engram to engram through both connectors, in order: ${name}`, async () => {
    await using hub = await startHub(storyText(STEPS, streaming));
    await using a = await startConnector(hub, "a", streaming);
    await using b = await startConnector(hub, "b", streaming);
    using producer = new EngramClient(a.port);
    using consumer = new EngramClient(b.port);
    await consumer.until(() => consumer.control.length === 2);
    assertEquals(consumer.control.map(({ action, metadata }) => [action, metadata]), [
      [ControlAction.connectorReady, { "startup.capabilities": "required" }],
      [ControlAction.connectorCapabilities, { "audio.codec": "opus" }],
    ]);
    for (const n of numbers) await producer.send(n);
    await consumer.until(() => consumer.got.length >= COUNT);
    assertEquals(consumer.got, numbers);
    await drained(a);
    assertEquals([...a.running.connector.drops, ...b.running.connector.drops], []);
  });
}

Deno.test("at least once: a hub that is killed in the middle loses nothing, and its engrams are told", async () => {
  const story = storyText(STEPS, AT_LEAST_ONCE);
  let hub: HubProcess = await startHubProcess(story);
  try {
    const { running: { port }, authority } = hub;
    await using a = await startConnector(hub, "a", AT_LEAST_ONCE);
    await using b = await startConnector(hub, "b", AT_LEAST_ONCE);
    using producer = new EngramClient(a.port);
    using consumer = new EngramClient(b.port);
    const sending = (async () => {
      for (const n of numbers) {
        await producer.send(n);
        if (n % 10 === 0) await pause(2);
      }
    })();
    await consumer.until(() => consumer.got.length > COUNT / 4);
    hub.child.kill("SIGKILL");
    await hub[Symbol.asyncDispose]();
    await producer.until(() =>
      producer.control.some(({ action }) => action === ControlAction.handoffDraining)
    );
    hub = await startHubProcess(story, { HUB_LISTEN_ADDR: `127.0.0.1:${port}` }, authority);
    await consumer.until(() => new Set(consumer.got).size >= COUNT);
    await sending;
    assertEquals([...new Set(consumer.got)], numbers, "first deliveries keep the order");
    await drained(a);
    const phases = producer.control.flatMap(({ metadata }) => metadata?.phase ?? []);
    assertEquals(phases.slice(0, 1), ["draining"]);
    assertEquals(phases.slice(-2), ["cutover", "ready"]);
  } finally {
    await hub[Symbol.asyncDispose]();
  }
});

Deno.test("at least once: an engram that comes anew gets what it was not done with", async () => {
  await using hub = await startHub(storyText(STEPS, AT_LEAST_ONCE));
  await using a = await startConnector(hub, "a", AT_LEAST_ONCE);
  await using b = await startConnector(hub, "b", AT_LEAST_ONCE);
  using producer = new EngramClient(a.port);
  const first = new EngramClient(b.port);
  for (const n of numbers.slice(0, 100)) await producer.send(n);
  await first.until(() => first.got.length >= 10);
  first[Symbol.dispose]();
  const seen = [...first.got];
  using second = new EngramClient(b.port);
  await second.until(() => new Set([...seen, ...second.got]).size >= 100);
  assertEquals([...new Set([...seen, ...second.got])], numbers.slice(0, 100));
  await drained(a);
});

Deno.test("an engram that closes a direction gets an answer, and nothing until it opens it", async () => {
  await using hub = await startHub(storyText(STEPS));
  await using a = await startConnector(hub, "a", {});
  await using b = await startConnector(hub, "b", {});
  using producer = new EngramClient(a.port);
  using consumer = new EngramClient(b.port);
  consumer.order({ action: ControlAction.stopDownstream });
  const answers = () => consumer.control.filter(({ action }) => action === ControlAction.ack);
  await consumer.until(() => answers().length === 1);
  assertEquals(answers()[0]?.metadata, { received: "stopDownstream", handled: "true" });
  for (const n of [0, 1, 2]) await producer.send(n);
  while (b.running.connector.inbox.messages < 3) {
    await pause(5);
  }
  assertEquals(consumer.got, []);
  consumer.order({ action: ControlAction.startDownstream });
  await consumer.until(() => consumer.got.length === 3);
  await drained(a);
});

Deno.test("an engram is told of another codec than the announced one, once it is seen", async () => {
  await using hub = await startHub(storyText(STEPS));
  await using a = await startConnector(hub, "a", {});
  using engram = new EngramClient(a.port);
  await engram.until(() => engram.control.length === 2);
  const pcm = new Uint8Array(320);
  engram.sendMessage({ audio: { pcm, codec: "pcm16", sampleRateHz: 16_000, channels: 1 } });
  await engram.until(() => engram.control.length === 3);
  assertEquals(engram.control[2], {
    action: ControlAction.connectorCapabilities,
    metadata: { "audio.codec": "pcm16", "audio.sample_rate_hz": "16000", "audio.channels": "1" },
  });
});

Deno.test("health, metrics and the state of the legs are there for whoever asks", async () => {
  await using hub = await startHub(storyText(STEPS, AT_LEAST_ONCE));
  await using a = await startConnector(hub, "a", AT_LEAST_ONCE);
  await using b = await startConnector(hub, "b", AT_LEAST_ONCE);
  const ask = async (path: string) => {
    const answer = await fetch(`http://127.0.0.1:${a.running.http?.port}${path}`);
    return { status: answer.status, text: await answer.text() };
  };
  assertEquals((await ask("/healthz")).text, "ok\n");
  assertEquals((await ask("/readyz")).status, 503, "nobody has come yet");
  using producer = new EngramClient(a.port);
  using consumer = new EngramClient(b.port);
  await producer.until(() => producer.control.length > 0);
  while ((await ask("/readyz")).status !== 200) await pause(5);
  for (const n of [0, 1, 2]) await producer.send(n);
  await consumer.until(() => consumer.got.length === 3);
  await drained(a);
  const { text } = await ask("/metrics");
  for (
    const line of [
      `bobravoz_connector_connection_state{hub_endpoint="localhost:${hub.running.port}"} 1`,
      'bobravoz_connector_messages_sent_total{namespace="demo",binding="voice-1-a-transport"} 3',
      'bobravoz_connector_capability_listeners{namespace="demo",binding="voice-1-a-transport"} 1',
      'binding="voice-1-a-transport",direction="sent",type="connectorReady"} 1',
      'binding="voice-1-a-transport",reason="buffer_full"} 0',
    ]
  ) assertStringIncludes(text, line);
  const { outbound, inbound } = JSON.parse((await ask("/v1/streams")).text);
  assertEquals([outbound.routing, outbound.sent, outbound.unacked], ["hub", 3, 0]);
  assertEquals([inbound.engrams, inbound.received, inbound.peers], [1, 0, []]);
  assertEquals((await ask("/else")).status, 404);
});

Deno.test("an engram that says nothing has to come anew, and a connector where nothing moves gives up", async () => {
  await using hub = await startHub(storyText(STEPS));
  await using a = await startConnector(hub, "a", {}, { BUBU_GRPC_MESSAGE_TIMEOUT: "100ms" });
  using engram = new EngramClient(a.port);
  await engram.until(() => engram.status !== undefined);
  assertEquals(engram.status, 4);
  await using b = await startConnector(hub, "b", {}, { BUBU_GRPC_HANG_TIMEOUT: "100ms" });
  assertEquals(await b.running.finished, { code: 4, details: "nothing moved for 100 ms" });
});

Deno.test("connector --help lists the settings, a missing one is named and ends with 2", async () => {
  const text = new TextDecoder();
  const help = await (await runHub(["--help"], CACHE, "connector")).output();
  assertEquals(help.code, 0);
  assertStringIncludes(text.decode(help.stdout), "BUBU_TRANSPORT_BINDING");
  const missing = await (await runHub([], CACHE, "connector")).output();
  assertEquals(missing.code, 2);
  assertStringIncludes(text.decode(missing.stdout), "BUBU_POD_NAMESPACE is required");
});

Deno.test("the connector's own permissions are enough: SIGTERM ends it with 0, a refusal with 1", async () => {
  await using hub = await startHub(storyText(STEPS));
  for (const [step, code] of [["a", 0], ["b", 1]] as const) {
    const { env } = await connectorEnvironment(
      hub.folder,
      hub.authority,
      step,
      hub.running.port,
      {},
    );
    // The certificate speaks for the namespace demo only.
    if (code === 1) env.BUBU_POD_NAMESPACE = "elsewhere";
    await using child = await runHub([], { ...CACHE, ...env }, "connector");
    let log = "";
    for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
      log += chunk;
      if (log.includes("connected to the hub") && !log.includes("stopping")) child.kill("SIGTERM");
    }
    assertEquals((await child.status).code, code, log + await new Response(child.stderr).text());
    assertStringIncludes(log, code === 0 ? "stopping" : "does not speak for step b");
  }
});
