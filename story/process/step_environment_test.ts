import { assertEquals } from "@std/assert";
import { readBindingEnvelope } from "../../contracts/transport/binding_envelope.ts";
import { readConnectorConfig } from "../../hub/connector/config.ts";
import { readHubConfig } from "../../hub/config.ts";
import { ExpressionEngine } from "../../hub/expression/engine.ts";
import { readStoryFile } from "../document/story_file.ts";
import { planLocalRun } from "../plan/run_plan.ts";
import { hubEnvironment } from "./hub_environment.ts";
import { stepEnvironment } from "./step_environment.ts";

const TEXT = await Deno.readTextFile(new URL("../../examples/p2p-chain.yaml", import.meta.url));
const plan = planLocalRun(
  readStoryFile(TEXT, "p2p-chain.yaml"),
  new ExpressionEngine({ now: () => 0, random: () => 0 }),
);
const files = { certificate: "/f/tls.crt", key: "/f/tls.key", authority: "/f/ca.crt" };
const reader = (env: Readonly<Record<string, string>>) => (name: string) => env[name];
const environments = plan.steps.map((step, index) =>
  stepEnvironment(plan, step, {
    port: 1_000 + index,
    peerPort: 2_000 + index,
    hub: "localhost:9000",
    peer: (id) => `localhost:${2_000 + plan.steps.findIndex((other) => other.id === id)}`,
    files,
  })
);

Deno.test("a connector understands what it is told, and dials whom the topology says", () => {
  const configs = environments.map(({ connector }) => readConnectorConfig(reader(connector)));
  assertEquals(configs.map(({ routing, hub }) => [routing, hub]), [
    ["p2p", "localhost:2001"],
    ["p2p", "localhost:2002"],
    ["hub", "localhost:9000"],
  ]);
  assertEquals(configs.map(({ peers }) => peers && [peers.listen.port, [...peers.steps ?? []]]), [
    undefined,
    [2_001, ["numbers"]],
    [2_002, ["enrich"]],
  ]);
  assertEquals(configs[1]?.identity, {
    namespace: "default",
    storyRun: "p2p-chain-local",
    step: "enrich",
    generation: 1,
  });
  assertEquals(configs[1]?.certificates, files);
});

Deno.test("an engram finds its connector where the connector listens", () => {
  for (const [index, { engram, connector }] of environments.entries()) {
    const { binding } = readBindingEnvelope(engram["BUBU_TRANSPORT_BINDING"] ?? "");
    assertEquals(binding.endpoint, `127.0.0.1:${1_000 + index}`);
    assertEquals(readConnectorConfig(reader(connector)).local, {
      kind: "tcp",
      host: "127.0.0.1",
      port: 1_000 + index,
    });
  }
});

Deno.test("the hub understands what it is told, and listens on loopback alone", () => {
  const env = hubEnvironment({ port: 9_000, httpPort: 8_081, stories: "/f/stories.yaml", files });
  const config = readHubConfig(reader(env));
  assertEquals([config.listen, config.http], [
    { hostname: "127.0.0.1", port: 9_000 },
    { hostname: "127.0.0.1", port: 8_081 },
  ]);
});
