import { Random } from "../../router/random.ts";
import { freePort } from "../../cluster/free_port.ts";
import type { StreamingSettings } from "../../../contracts/transport/streaming_settings.ts";
import { storyText } from "../../../hub/server/testing/memory_hub.ts";
import { type HubProcess, startHubProcess } from "../testing/hub_process.ts";
import { connectorEnvironment } from "../testing/test_connector.ts";
import type { RoutingMode } from "../../../contracts/transport/topology.ts";
import { ConnectorActor, EngramActor } from "./actors.ts";

export type Semantics = "best_effort" | "at_least_once";

export const VICTIMS = [
  "hub",
  "producer's connector",
  "consumer's connector",
  "producer",
  "consumer",
] as const;
type Victim = (typeof VICTIMS)[number];

export interface KillOptions {
  readonly rounds: number;
  readonly semantics: Semantics;
  /** Whether the packets go over the hub, or from connector to connector (default: the hub). */
  readonly routing?: RoutingMode;
  readonly seed: number;
  readonly say: (line: string) => void;
}

export interface KillResult {
  readonly problems: readonly string[];
  readonly sent: number;
  readonly got: number;
  readonly repeated: number;
  readonly dropped: Readonly<Record<string, number>>;
  readonly kills: Readonly<Record<string, number>>;
}

const SETTINGS: Record<Semantics, StreamingSettings> = {
  // Small enough that policies have to act while somebody is away.
  best_effort: {
    backpressure: { buffer: { maxMessages: 60, dropPolicy: "drop_oldest" } },
    flowControl: { mode: "none" },
  },
  at_least_once: {
    delivery: { semantics: "at_least_once" },
    flowControl: { mode: "credits", ackEvery: { messages: 5, maxDelay: "20ms" } },
  },
};
/** Generous: a process needs about a second to start, more on a busy machine. */
const SETTLE_MS = 60_000;

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/**
 * Two engrams, their connectors and a hub, each a process; one of them that packets pass is killed at
 * a random moment of each round, and started again. After each round everything that was sent must have come or be
 * counted as dropped, exactly; at least once nothing may be lost, nor first come out of order.
 */
export async function killRounds(options: KillOptions): Promise<KillResult> {
  const { rounds, semantics, routing = "hub", seed, say } = options;
  const victims = VICTIMS.filter((victim) => routing === "hub" || victim !== "hub");
  const random = new Random(seed);
  const settings = SETTINGS[semantics];
  const story = storyText([{ name: "a" }, { name: "b", needs: ["a"] }], settings);
  const folder = await Deno.makeTempDir({ prefix: "headrace-kills-" });
  let hub: HubProcess = await startHubProcess(story);
  const { authority, running: { port } } = hub;
  const connectors: ConnectorActor[] = [];
  const peerPort = freePort();
  const overrides: Record<string, Record<string, string>> = routing === "hub" ? {} : {
    a: {
      CONNECTOR_ROUTING: "p2p",
      BUBU_HUB_ENDPOINT: `localhost:${peerPort}`,
      BUBU_GRPC_HUB_SERVER_NAME: "voice-1-b.demo.svc.cluster.local",
    },
    b: { CONNECTOR_PEER_LISTEN_ADDR: `127.0.0.1:${peerPort}` },
  };
  for (const step of ["a", "b"]) {
    const { env } = await connectorEnvironment(folder, authority, step, port, settings);
    connectors.push(new ConnectorActor({ ...env, ...overrides[step] }, freePort()));
  }
  const counts = semantics === "best_effort";
  const engrams = connectors.map(({ env }) => new EngramActor(env.BUBU_GRPC_PORT ?? "", counts));
  const [producer, consumer] = engrams as [EngramActor, EngramActor];
  const problems: string[] = [];
  const kills: Record<string, number> = {};
  let drops: Record<string, number> = {};
  const restartHub = async () => {
    hub.child.kill("SIGKILL");
    await hub[Symbol.asyncDispose]();
    hub = await startHubProcess(story, { HUB_LISTEN_ADDR: `127.0.0.1:${port}` }, authority);
  };
  const restart: Record<Victim, () => Promise<void>> = {
    "hub": restartHub,
    "producer's connector": () => again(connectors[0]!),
    "consumer's connector": () => again(connectors[1]!),
    "producer": () => again(producer),
    "consumer": () => again(consumer),
  };
  const isWhole = async () => {
    const found = await dropsOf(hub, connectors);
    if (found === undefined) return false;
    drops = found;
    return semantics === "at_least_once"
      ? new Set(consumer.got).size === target
      : producer.sent.length === target && consumer.got.length + sum(drops) === target;
  };
  let target = 0;
  try {
    for (const actor of [...connectors, ...engrams]) await actor.start();
    for (let round = 1; round <= rounds && problems.length === 0; round++) {
      const victim = random.pick(victims);
      const before = 20 + random.below(251);
      target += 200 + random.below(200);
      await producer.until(target);
      await pause(before);
      kills[victim] = (kills[victim] ?? 0) + 1;
      await restart[victim]();
      const deadline = performance.now() + SETTLE_MS;
      while (!await isWhole() && performance.now() < deadline) await pause(30);
      // Not by chance: what is whole stays so.
      await pause(50);
      const where = `round ${round}, ${victim} killed after ${before} ms`;
      if (!await isWhole()) {
        const said = [hub.log(), ...connectors.map(({ log }) => log)].join("\n").slice(-4_000);
        problems.push(
          `${where}: ${producer.sent.length} sent of ${target}, ${consumer.got.length} came ` +
            `(${new Set(consumer.got).size} different), dropped ${JSON.stringify(drops)}\n${said}`,
        );
      }
      const first = [...new Set(consumer.got)];
      const late = first.findIndex((n, at) => at > 0 && n < first[at - 1]!);
      if (late >= 0) problems.push(`${where}: ${first[late]} came first after ${first[late - 1]}`);
      await producer.mark();
      say(`${where}: ${target} sent, ${consumer.got.length} came, ${JSON.stringify(drops)}`);
    }
  } finally {
    for (const actor of [...engrams, ...connectors]) await actor.kill();
    await hub[Symbol.asyncDispose]();
    await Deno.remove(folder, { recursive: true });
  }
  for (const { complaints } of engrams) if (complaints !== "") problems.push(complaints);
  const { length: got } = consumer.got;
  const repeated = got - new Set(consumer.got).size;
  return { problems, sent: target, got, repeated, dropped: drops, kills };
}

async function again(actor: ConnectorActor | EngramActor): Promise<void> {
  await actor.kill();
  await actor.start();
}

/** What every living process has counted, when all of them answer. */
async function dropsOf(
  { running }: HubProcess,
  connectors: readonly ConnectorActor[],
): Promise<Record<string, number> | undefined> {
  const counted: Record<string, number> = {};
  try {
    for (const port of [running.httpPort, ...connectors.map(({ httpPort }) => httpPort)]) {
      const answer = await (await fetch(`http://127.0.0.1:${port}/v1/streams`)).json();
      for (const { dropped } of answer.streams ?? [answer]) {
        for (const [reason, count] of Object.entries(dropped as Record<string, number>)) {
          counted[reason] = (counted[reason] ?? 0) + count;
        }
      }
    }
  } catch (error) {
    // Not there yet.
    if (error instanceof TypeError) return undefined;
    throw error;
  }
  return counted;
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}
