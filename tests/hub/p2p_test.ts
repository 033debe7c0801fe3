import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Buffer } from "node:buffer";
import type { AddressInfo } from "node:net";
import { createServer } from "node:tls";
import { Client, credentials, Metadata } from "@grpc/grpc-js";
import type { StreamingSettings } from "../../contracts/transport/streaming_settings.ts";
import { CONNECTOR_SERVICE, HUB_SERVICE } from "../../hub/grpc/services.ts";
import { tls13Client } from "../../hub/tls/client_credentials.ts";
import { storyText } from "../../hub/server/testing/memory_hub.ts";
import { type Authority, createAuthority } from "../cluster/x509.ts";
import { startPeer } from "./testing/peer_process.ts";
import { EngramClient } from "./testing/test_connector.ts";
import { startHub, StepClient, type TestHub } from "./testing/test_hub.ts";

const STEPS = [{ name: "a" }, { name: "b", needs: ["a"] }];
const AT_LEAST_ONCE: StreamingSettings = {
  delivery: { semantics: "at_least_once" },
  flowControl: { mode: "credits", ackEvery: { messages: 5, maxDelay: "20ms" } },
};
const COUNT = 1_000;
const numbers = Array.from({ length: COUNT }, (_, n) => n);
const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

async function send(engram: EngramClient, from: number, to: number): Promise<void> {
  for (let n = from; n < to; n++) {
    await engram.send(n);
    if (n % 10 === 0) await pause(2);
  }
}

for (
  const [name, streaming] of [
    ["best effort", { flowControl: { mode: "credits" } }],
    ["at least once", AT_LEAST_ONCE],
  ] as const
) {
  Deno.test(`a thousand packets go straight from connector to connector, none over the hub: ${name}`, async () => {
    await using hub = await startHub(storyText(STEPS, streaming));
    await using b = await startPeer(hub, "b", streaming);
    await using a = await startPeer(hub, "a", streaming, { step: "b", port: b.peerPort });
    using producer = new EngramClient(a.port);
    using consumer = new EngramClient(b.port);
    await consumer.until(() => consumer.control.length > 0);
    for (const n of numbers) await producer.send(n);
    await consumer.until(() => consumer.got.length >= COUNT);
    assertEquals(consumer.got, numbers);
    const steps = [...hub.running.hub.runs.values()].flatMap((run) => [...run.streams.values()]);
    assertEquals(steps.map(({ id, session, delivered }) => [id, !!session, delivered]), [
      ["b", true, 0],
    ]);
  });
}

Deno.test("at least once: a peer that is killed in mid-stream, three times, loses nothing and keeps the order", async () => {
  await using hub = await startHub(storyText(STEPS, AT_LEAST_ONCE));
  await using b = await startPeer(hub, "b", AT_LEAST_ONCE);
  await using a = await startPeer(hub, "a", AT_LEAST_ONCE, { step: "b", port: b.peerPort });
  using producer = new EngramClient(a.port);
  const got: number[] = [];
  let consumer = new EngramClient(b.port);
  const sending = send(producer, 0, COUNT);
  for (let round = 1; round <= 3; round++) {
    await consumer.until(() => new Set([...got, ...consumer.got]).size > COUNT * round / 4);
    await b.kill();
    got.push(...consumer.got);
    consumer[Symbol.dispose]();
    await b.start();
    consumer = new EngramClient(b.port);
  }
  using last = consumer;
  await last.until(() => new Set([...got, ...last.got]).size >= COUNT);
  await sending;
  assertEquals([...new Set([...got, ...last.got])], numbers, "first deliveries keep the order");
});

Deno.test("at least once: a sender that is killed in mid-stream is not taken for itself again", async () => {
  await using hub = await startHub(storyText(STEPS, AT_LEAST_ONCE));
  await using b = await startPeer(hub, "b", AT_LEAST_ONCE);
  await using a = await startPeer(hub, "a", AT_LEAST_ONCE, { step: "b", port: b.peerPort });
  using consumer = new EngramClient(b.port);
  {
    using producer = new EngramClient(a.port);
    void send(producer, 0, COUNT);
    await consumer.until(() => consumer.got.length > COUNT / 4);
    await a.kill();
  }
  // What the engram sent and no peer had is gone with the process that had it, and nothing else.
  const before = consumer.got.length;
  await a.start();
  using producer = new EngramClient(a.port);
  await send(producer, COUNT, 2 * COUNT);
  await consumer.until(() => consumer.got.at(-1) === 2 * COUNT - 1);
  const first = consumer.got.filter((n) => n < COUNT);
  assert(first.length >= before);
  assertEquals(first, numbers.slice(0, first.length), "a whole beginning, in order");
  assertEquals(consumer.got.slice(first.length), numbers.map((n) => n + COUNT));
});

Deno.test("who comes with the wrong certificate, namespace, step or in plain text is refused, and others go on", async (t) => {
  await using hub = await startHub(storyText(STEPS));
  await using b = await startPeer(hub, "b", {}, undefined, { CONNECTOR_PEER_STEPS: "a" });
  const server = { authority: hub.authority, running: { port: b.peerPort } };
  const certificate = (step: string, namespace = "demo", authority = hub.authority) =>
    authority.issue({
      commonName: step,
      usage: "client",
      dnsNames: [`voice-1-${step}.${namespace}.svc.cluster.local`],
    });
  const name = { "grpc.ssl_target_name_override": "voice-1-b.demo.svc.cluster.local" };
  const cases = [
    ["no certificate", undefined, "a", {}, 14, ""],
    ["another authority", certificate("a", "demo", createAuthority("x")), "a", {}, 14, ""],
    [
      "another namespace",
      certificate("a", "other"),
      "a",
      {
        "storyrun-namespace": "other",
      },
      7,
      "takes no packets of other",
    ],
    [
      "a certificate of another namespace",
      certificate("a", "other"),
      "a",
      {},
      7,
      "does not speak for",
    ],
    ["a certificate of another step", certificate("c"), "a", {}, 7, "does not speak for step a"],
    ["a step that may not", certificate("c"), "c", {}, 7, "takes no packets of step c"],
    ["another run", certificate("a"), "a", { "storyrun-name": "voice-2" }, 7, "does not speak for"],
    ["another protocol", certificate("a"), "a", { "bubu-transport-protocol": "1.0.1" }, 9, ""],
  ] as const;
  for (const [what, pair, step, headers, code, details] of cases) {
    await t.step(what, async () => {
      using client = new StepClient(server, step, pair, headers, name);
      const status = await client.status;
      assertEquals(status.code, code, status.details);
      assertStringIncludes(status.details, details);
    });
  }
  await t.step("plain text", async () => {
    assertEquals(await plainly(b.peerPort, HUB_SERVICE.Process.path), 14);
  });
  await t.step("the engram's listener has no Process, the peers' no Data", async () => {
    assertEquals(await plainly(b.port, HUB_SERVICE.Process.path), 12);
    assertEquals(await secretly(b.peerPort, hub, CONNECTOR_SERVICE.Data.path), 12);
  });
  await t.step(
    "a listener that is not the step's, or of another authority, is not spoken to",
    async () => {
      const { path } = CONNECTOR_SERVICE.Data;
      assertEquals(await secretly(b.peerPort, hub, path, { name: "voice-1-c" }), 14);
      assertEquals(await secretly(b.peerPort, hub, path, { trusted: createAuthority("x") }), 14);
    },
  );
  await t.step("bytes that are nothing, at both listeners", async () => {
    for (const port of [b.port, b.peerPort]) await throwGarbage(port);
  });
  await t.step(
    "more connections than there can be peers are closed, and room comes back",
    async () => {
      const idle = [];
      for (let count = 0; count < 400; count++) {
        idle.push(await Deno.connect({ hostname: "127.0.0.1", port: b.peerPort }));
      }
      const closed = await Promise.race(
        idle.slice(-1).map((connection) => connection.read(new Uint8Array(1)).catch(() => null)),
      );
      assertEquals(closed, null);
      for (const connection of idle) connection.close();
    },
  );
  await t.step("its own peer", async () => {
    using consumer = new EngramClient(b.port);
    using client = new StepClient(server, "a", certificate("a"), {}, name);
    client.send({ n: 7 });
    await consumer.until(() => consumer.got.length > 0);
    assertEquals(consumer.got, [7]);
  });
});

Deno.test("a connector speaks TLS 1.3 with whom it dials, and nothing older", async () => {
  const authority = createAuthority("Headrace test");
  const { certificate, key } = authority.issue({
    commonName: "old",
    usage: "peer",
    dnsNames: ["localhost"],
  });
  for (const maxVersion of ["TLSv1.2", "TLSv1.3"] as const) {
    const spoken: (string | null)[] = [];
    const server = createServer({ cert: certificate, key, maxVersion, ALPNProtocols: ["h2"] });
    server.on("secureConnection", (socket) => {
      spoken.push(socket.getProtocol());
      socket.destroy();
    });
    server.on("tlsClientError", () => {});
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const identity = { certificate, key, authority: authority.certificate };
    const client = new Client(`localhost:${port}`, tls13Client(identity));
    assertEquals(await call(client, HUB_SERVICE.Process.path), 14);
    assertEquals(spoken.slice(0, 1), maxVersion === "TLSv1.3" ? ["TLSv1.3"] : []);
    await new Promise((resolve) => server.close(resolve));
  }
});

Deno.test("peers come to the pod's addresses on the engram's port, which loopback keeps in plain text", async () => {
  await using hub = await startHub(storyText(STEPS));
  await using b = await startPeer(hub, "b", {}, undefined, { CONNECTOR_PEER_LISTEN_ADDR: "pod" });
  const { addr, peers } = JSON.parse(
    b.log().split("\n").find((line) => line.includes("connector listens"))!,
  );
  assertEquals(addr, `127.0.0.1:${b.port}`);
  assert((peers as string[]).every((peer) => peer.endsWith(`:${b.port}`)));
  assertEquals((peers as string[]).filter((peer) => /^(127\.|\[::1\]|\[fe80)/.test(peer)), []);
  using engram = new EngramClient(b.port);
  await engram.until(() => engram.control.length > 0);
});

const raw = (bytes: Uint8Array) => Buffer.from(bytes);

/** The status that a call of nothing but headers ends with. */
async function call(client: Client, path: string): Promise<number> {
  try {
    const metadata = new Metadata();
    const stream = client.makeBidiStreamRequest<Uint8Array, Uint8Array>(path, raw, raw, metadata);
    stream.on("error", () => {});
    stream.on("data", () => {});
    return await new Promise((resolve) => stream.on("status", ({ code }) => resolve(code)));
  } finally {
    client.close();
  }
}

function plainly(port: number, path: string): Promise<number> {
  return call(new Client(`127.0.0.1:${port}`, credentials.createInsecure()), path);
}

function secretly(
  port: number,
  { authority }: TestHub,
  path: string,
  { name = "voice-1-b", trusted = authority }: { name?: string; trusted?: Authority } = {},
): Promise<number> {
  const { certificate, key } = authority.issue({
    commonName: "a",
    usage: "client",
    dnsNames: ["*.demo.svc.cluster.local"],
  });
  return call(
    new Client(
      `localhost:${port}`,
      tls13Client({ certificate, key, authority: trusted.certificate }),
      { "grpc.ssl_target_name_override": `${name}.demo.svc.cluster.local` },
    ),
    path,
  );
}

/** Bytes that are no TLS, no HTTP/2 and no gRPC; the other end hangs up on some of them. */
async function throwGarbage(port: number): Promise<void> {
  const preface = new TextEncoder().encode("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  for (
    const bytes of [
      crypto.getRandomValues(new Uint8Array(4_096)),
      new TextEncoder().encode("GET / HTTP/1.1\r\n\r\n"),
      Uint8Array.of(...preface, ...crypto.getRandomValues(new Uint8Array(512))),
      Uint8Array.of(0x16, 0x03, 0x01, 0xff, 0xff, 0x01),
    ]
  ) {
    using connection = await Deno.connect({ hostname: "127.0.0.1", port });
    await connection.write(bytes).catch((error) => {
      if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
    });
  }
}
