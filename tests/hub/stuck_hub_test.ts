import { assert, assertEquals } from "@std/assert";
import { MAX_OUTSTANDING } from "../../hub/grpc/congestion.ts";
import { freePort } from "../cluster/free_port.ts";
import { storyText } from "../../hub/server/testing/memory_hub.ts";
import { ConnectorActor } from "./faults/actors.ts";
import { startHubProcess } from "./testing/hub_process.ts";
import { connectorEnvironment, EngramClient, startConnector } from "./testing/test_connector.ts";

const SETTINGS = {
  backpressure: { buffer: { maxMessages: 256, dropPolicy: "drop_newest" } },
  flowControl: { mode: "none" },
};
/** Many times of what may be under way to a hub. */
const COUNT = 3_000;
const PAYLOAD = "x".repeat(8_000);
const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

interface Streams {
  readonly outbound: { sent: number; buffer: { messages: number; maxMessages: number } };
  readonly dropped: Readonly<Record<string, number>>;
}
/** How long connectors wait for a hub. */
interface Patience {
  /** Whether the hub stands still until it is over. */
  readonly isOver: boolean;
  readonly env: Record<string, string>;
}

const dropsOf = ({ dropped }: Streams) => Object.values(dropped).reduce((a, b) => a + b, 0);
const ask = async (port: number, path: string) =>
  await (await fetch(`http://127.0.0.1:${port}${path}`)).text();

/** What was passed on while the hub stood still, in packets. */
async function standStill(patience: Patience): Promise<number> {
  const story = storyText([{ name: "a" }, { name: "b", needs: ["a"] }], SETTINGS);
  const folder = await Deno.makeTempDir({ prefix: "headrace-stuck-" });
  await using hub = await startHubProcess(story);
  const { env, port } = await connectorEnvironment(
    folder,
    hub.authority,
    "a",
    hub.running.port,
    SETTINGS,
  );
  const connector = new ConnectorActor({ ...env, ...patience.env }, freePort());
  await connector.start();
  try {
    await using b = await startConnector(hub, "b", SETTINGS, patience.env);
    using consumer = new EngramClient(b.port);
    while (!connector.log.includes("connected to the hub")) await pause(20);
    while (!b.running.connector.hubConnected) await pause(5);
    using producer = new EngramClient(port);
    await producer.send(0);
    await consumer.until(() => consumer.got.length === 1);
    hub.child.kill("SIGSTOP");
    for (let n = 1; n < COUNT; n++) await producer.send(n, PAYLOAD);
    const streams = async (): Promise<Streams> =>
      JSON.parse(await ask(connector.httpPort, "/v1/streams"));
    const isSettled = ({ outbound: { sent, buffer } }: Streams) =>
      sent === COUNT || buffer.messages >= buffer.maxMessages;
    while (!isSettled(await streams())) await pause(20);
    const { sent } = (await streams()).outbound;
    while (patience.isOver && !connector.log.includes("no stream to the hub")) await pause(20);
    hub.child.kill("SIGCONT");
    const dropped = async () => {
      const { streams: there } = JSON.parse(await ask(hub.running.httpPort, "/v1/streams"));
      const all = [await streams(), ...there as Streams[]].map(dropsOf);
      return all.reduce((x, y) => x + y, 0) +
        [...b.running.connector.drops.values()].reduce((x, y) => x + y, 0);
    };
    while (consumer.got.length + await dropped() < COUNT) await pause(20);
    await producer.send(COUNT);
    await consumer.until(() => consumer.got.includes(COUNT));
    assertEquals(consumer.got.length + await dropped(), COUNT + 1);
    return sent;
  } finally {
    await connector.kill();
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("a hub that stands still is given no more than a connection holds, and everything after", async () => {
  const sent = await standStill({ isOver: false, env: {} });
  assert(sent * PAYLOAD.length < 2 * MAX_OUTSTANDING, `${sent} packets were under way`);
});

Deno.test("a hub that stands still until it is given up is found again, and what it had is counted once", async () => {
  await standStill({
    isOver: true,
    env: { BUBU_GRPC_KEEPALIVE_TIME: "5s", BUBU_GRPC_KEEPALIVE_TIMEOUT: "1s" },
  });
});
