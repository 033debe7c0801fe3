import * as tls from "node:tls";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { FAN_OUT, storyText } from "../../hub/server/testing/memory_hub.ts";
import { createAuthority } from "../cluster/x509.ts";
import { startHub, StepClient, type TestHub, writeCertificate } from "./testing/test_hub.ts";

const numbers = (count: number) => Array.from({ length: count }, (_, n) => ({ n }));

/** What a TLS client of `version` sees of the hub: its certificate's name, or the error. */
function handshake(
  { running, authority, certificate }: TestHub,
  version: tls.SecureVersion = "TLSv1.3",
): Promise<string> {
  const { certificate: cert, key } = certificate();
  const { promise, resolve } = Promise.withResolvers<string>();
  const socket = tls.connect({
    host: "127.0.0.1",
    port: running.port,
    servername: "localhost",
    ca: authority.certificate,
    cert,
    key,
    maxVersion: version,
    ALPNProtocols: ["h2"],
  }, () => {
    const { CN } = socket.getPeerCertificate().subject;
    // A server that closes does so after the handshake, one that talks sends its SETTINGS.
    socket.on("data", () => resolve(String(CN)));
    socket.on("close", () => resolve("closed"));
  });
  socket.on("error", () => resolve("closed"));
  return promise.finally(() => socket.destroy());
}

Deno.test("a thousand packets cross the hub over mutual TLS, in order, to every step that needs them", async () => {
  await using hub = await startHub(storyText(FAN_OUT));
  const certificate = hub.certificate();
  using a = new StepClient(hub, "a", certificate);
  using b = new StepClient(hub, "b", certificate);
  using c = new StepClient(hub, "c", certificate);
  // As an engram with default settings: credit is given back for what was taken.
  const grant = setInterval(() => {
    for (const step of [b, c]) step.write({ flow: { creditsMessages: 100 } });
  }, 5);
  for (let n = 0; n < 1_000; n++) a.send({ n });
  assertEquals(await b.received(1_000), numbers(1_000));
  assertEquals(await c.received(1_000), numbers(1_000));
  clearInterval(grant);
  assertEquals(b.messages.find(({ packet }) => packet?.hasContent)?.packet?.decoded().metadata, {
    "storyrun-name": "voice-1",
    "storyrun-namespace": "demo",
    "current-step-id": "b",
  });
});

Deno.test("a consumer that does not read holds its producer, not the hub's memory", async () => {
  const blocking = {
    backpressure: { buffer: { dropPolicy: "block" } },
    flowControl: { mode: "none" },
  };
  await using hub = await startHub(storyText(FAN_OUT, blocking));
  const certificate = hub.certificate();
  using a = new StepClient(hub, "a", certificate);
  using b = new StepClient(hub, "b", certificate);
  using c = new StepClient(hub, "c", certificate);
  a.send({ n: 0 });
  await Promise.all([b.received(1), c.received(1)]);
  b.pause();
  const text = "x".repeat(4_000);
  for (let n = 1; n < 2_000; n++) a.send({ n, text });
  const stream = hub.running.hub.runs.get("demo/voice-1")?.streams.get("b");
  while (stream?.waiting.size === 0 && stream.delivered < 2_000) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  // What its connection, both ends of it and the buffer may hold: eight megabytes were sent.
  assert(stream !== undefined && stream.delivered < 500, `${stream?.delivered} were sent to b`);
  b.resume();
  assertEquals((await b.received(2_000)).map(({ n }) => n), numbers(2_000).map(({ n }) => n));
});

Deno.test("clients that the contract does not let in are refused with its codes, and others go on", async (t) => {
  await using hub = await startHub(storyText(FAN_OUT));
  const certificate = hub.certificate();
  using a = new StepClient(hub, "a", certificate);
  using b = new StepClient(hub, "b", certificate);
  a.send({ n: 0 });
  await b.received(1);

  const refused: [string, number, RegExp, () => StepClient][] = [
    [
      "no certificate",
      14,
      /CertificateRequired|certificate/i,
      () => new StepClient(hub, "c", undefined),
    ],
    [
      "another authority's certificate",
      14,
      /./,
      () =>
        new StepClient(
          hub,
          "c",
          createAuthority("Other").issue({ commonName: "x", usage: "client" }),
        ),
    ],
    [
      "another namespace's certificate",
      7,
      /does not speak for step c/,
      () => new StepClient(hub, "c", hub.certificate("elsewhere")),
    ],
    [
      "another protocol",
      9,
      /bubu-transport-protocol must be 1\.0\.0/,
      () => new StepClient(hub, "c", certificate, { "bubu-transport-protocol": "1.0.1" }),
    ],
    [
      "no step",
      2,
      /missing current-step-id metadata/,
      () => new StepClient(hub, "c", certificate, { "current-step-id": undefined }),
    ],
    [
      "no generation",
      9,
      /connector-generation must be/,
      () => new StepClient(hub, "c", certificate, { "connector-generation": "x" }),
    ],
    [
      "an unknown run",
      5,
      /no StoryRun demo\/other/,
      () => new StepClient(hub, "c", certificate, { "storyrun-name": "other" }),
    ],
    [
      "an unknown step",
      5,
      /no engram step nobody/,
      () => new StepClient(hub, "nobody", certificate),
    ],
  ];
  for (const [name, code, details, connect] of refused) {
    await t.step(name, async () => {
      using client = connect();
      const status = await client.status;
      assertEquals(status.code, code, status.details);
      assertMatch(status.details, details);
    });
  }

  await t.step("a stale generation", async () => {
    using newer = new StepClient(hub, "c", certificate, { "connector-generation": "2" });
    a.send({ n: 1 });
    await newer.received(2);
    using stale = new StepClient(hub, "c", certificate);
    const status = await stale.status;
    assertEquals(status.code, 9);
    assertStringIncludes(status.details, "stale generation 1");
  });

  await t.step("a malformed message", async () => {
    using client = new StepClient(hub, "c", certificate, { "connector-generation": "3" });
    client.raw(Uint8Array.of(0x0a, 0xff));
    assertEquals((await client.status).code, 3);
  });

  await t.step("a message that breaks the contract's rules", async () => {
    using client = new StepClient(hub, "c", certificate, { "connector-generation": "3" });
    client.raw(Uint8Array.of(0x0a, 4, 0x0a, 2, 0x0a, 0));
    const status = await client.status;
    assertEquals([status.code, status.details], [
      3,
      "DataPacket.metadata key: shorter than 1 characters",
    ]);
  });

  await t.step("a message larger than 10 MiB", async () => {
    using client = new StepClient(hub, "c", certificate, { "connector-generation": "3" });
    client.raw(new Uint8Array(10 * 1024 * 1024 + 1));
    assertEquals((await client.status).code, 8);
  });

  a.send({ n: 2 });
  assertEquals(await b.received(3), numbers(3));
});

Deno.test("TLS 1.2 is not spoken", async () => {
  await using hub = await startHub(storyText(FAN_OUT));
  assertEquals(await handshake(hub), "hub");
  assertEquals(await handshake(hub, "TLSv1.2"), "closed");
});

Deno.test("a renewed certificate is in force without a restart, a broken one is not", async () => {
  await using hub = await startHub(storyText(FAN_OUT));
  using a = new StepClient(hub, "a", hub.certificate());
  await Deno.writeTextFile(`${hub.folder}/tls.crt`, "half a fi");
  while (!hub.lines.some(({ message }) => message.includes("cannot be used"))) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assertEquals(await handshake(hub), "hub");
  await writeCertificate(hub.folder, hub.authority, "renewed");
  while (!hub.lines.some(({ message }) => message === "certificate renewed")) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assertEquals(await handshake(hub), "renewed");
  using b = new StepClient(hub, "b", hub.certificate());
  a.send({ n: 0 });
  assertEquals(await b.received(1), numbers(1));
});

Deno.test("health, metrics and the streams' state are there for whoever asks", async () => {
  await using hub = await startHub(
    storyText(FAN_OUT, { backpressure: { buffer: { maxMessages: 2, dropPolicy: "drop_oldest" } } }),
  );
  const get = async (path: string) => {
    const response = await fetch(`http://127.0.0.1:${hub.running.httpPort}${path}`);
    return { status: response.status, text: await response.text() };
  };
  using a = new StepClient(hub, "a", hub.certificate());
  using b = new StepClient(hub, "b", hub.certificate());
  b.write({ flow: { creditsMessages: 100 } });
  // Until its consumer is there, a buffer of two drops.
  while (hub.running.hub.streams < 2) await new Promise((resolve) => setTimeout(resolve, 5));
  for (let n = 0; n < 5; n++) a.send({ n });
  await b.received(5);
  assertEquals(await get("/healthz"), { status: 200, text: "ok\n" });
  assertEquals(await get("/readyz"), { status: 200, text: "ok\n" });
  assertEquals((await get("/nothing")).status, 404);
  const metrics = (await get("/metrics")).text;
  for (
    const line of [
      "bobravoz_hub_active_streams 2",
      'bobravoz_hub_messages_dropped_total{storyrun="demo/voice-1",step="c",reason="drop_oldest"} 3',
      'bobravoz_hub_buffer_current_size{storyrun="demo/voice-1",step="c"} 2',
      'bobravoz_hub_startup_capabilities_observations_total{mode="none"} 2',
    ]
  ) assertStringIncludes(metrics, line);
  const { streams } = JSON.parse((await get("/v1/streams")).text);
  const c = streams.find(({ step }: { step: string }) => step === "c");
  assertEquals([c.connected, c.buffer.messages, c.dropped], [false, 2, { drop_oldest: 3 }]);
  const run = JSON.parse((await get("/v1/runs/demo/voice-1")).text);
  assertEquals(run.steps[0].follows, [{ step: "b" }, { step: "c" }]);
});

Deno.test("a hub that ends delivers what it has, then tells its streams to come again", async () => {
  const hub = await startHub(storyText(FAN_OUT));
  using a = new StepClient(hub, "a", hub.certificate());
  using b = new StepClient(hub, "b", hub.certificate());
  for (let n = 0; n < 50; n++) a.send({ n });
  await b.received(1);
  await hub[Symbol.asyncDispose]();
  assertEquals((await b.status).code, 14);
  assertEquals(b.payloads, numbers(50));
});
