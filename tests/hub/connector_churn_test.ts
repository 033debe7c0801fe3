import { Buffer } from "node:buffer";
import { Client, credentials, Metadata } from "@grpc/grpc-js";
import { assertEquals } from "@std/assert";
import { CONNECTOR_SERVICE } from "../../hub/grpc/services.ts";
import { storyText } from "../../hub/server/testing/memory_hub.ts";
import { CACHE, runHub } from "./testing/hub_process.ts";
import { connectorEnvironment } from "./testing/test_connector.ts";
import { startHub } from "./testing/test_hub.ts";

const ROUNDS = 5;
const CLIENTS = 24;
const bytes = (message: Uint8Array) => Buffer.from(message);

/** A process that dies in the middle of its first frame. */
async function vanish(port: number): Promise<void> {
  using socket = await Deno.connect({ hostname: "127.0.0.1", port });
  await socket.write(new TextEncoder().encode("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\x12\x04"));
}

/** A call that the connector does not know; the status is the answer. */
function unary(client: Client): Promise<number> {
  return new Promise((resolve) =>
    client.makeUnaryRequest(
      "/transport.v1.TransportConnectorService/Unknown",
      bytes,
      (answer) => answer,
      new Uint8Array([1]),
      (error) => resolve(error?.code ?? 0),
    )
  );
}

function stream(client: Client, kind: number): () => void {
  const { path, requestSerialize, responseDeserialize } = kind % 2 === 0
    ? CONNECTOR_SERVICE.Data
    : CONNECTOR_SERVICE.Control;
  const metadata = new Metadata();
  metadata.set("bubu-transport-protocol", "1.0.0");
  const call = client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize, metadata);
  call.on("error", () => {});
  call.on("data", () => {});
  if (kind % 4 < 2) call.write(Uint8Array.of(0x0a, 0xff));
  if (kind % 3 === 0) call.end();
  return () => kind % 3 === 1 ? call.cancel() : undefined;
}

for (const env of [{}, { MALLOC_PERTURB_: "165" }]) {
  const how = "MALLOC_PERTURB_" in env ? ", freed memory overwritten" : "";
  Deno.test(`engrams that call in parallel, end, cancel, talk nonsense and die do not end a connector${how}`, async () => {
    await using hub = await startHub(storyText([{ name: "a" }]));
    const { folder, authority, running } = hub;
    const { env: settings, port } = await connectorEnvironment(
      folder,
      authority,
      "a",
      running.port,
      {},
    );
    await using child = await runHub([], { ...CACHE, ...settings, ...env }, "connector");
    let log = "";
    const ready = Promise.withResolvers<void>();
    const reading = (async () => {
      for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
        log += chunk;
        if (log.includes("connected to the hub")) ready.resolve();
      }
      ready.reject(new Error(log));
    })();
    await ready.promise;
    for (let round = 0; round < ROUNDS; round++) {
      const clients = Array.from(
        { length: CLIENTS },
        () =>
          new Client(`127.0.0.1:${port}`, credentials.createInsecure(), {
            "grpc.use_local_subchannel_pool": 1,
          }),
      );
      const cancels = clients.map((client, index) => stream(client, index));
      const codes = await Promise.all([
        ...clients.slice(0, 8).flatMap((client) => [unary(client), unary(client), unary(client)]),
        vanish(port).then(() => 12),
        vanish(port).then(() => 12),
      ]);
      assertEquals(new Set(codes), new Set([12]), "UNIMPLEMENTED");
      for (const cancel of cancels) cancel();
      for (const client of clients) client.close();
    }
    child.kill("SIGTERM");
    assertEquals((await child.status).code, 0, log);
    await reading.catch(() => {});
    await child.stderr.cancel();
  });
}
