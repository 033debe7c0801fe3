import { assertEquals, assertThrows } from "@std/assert";
import { ContractError } from "../../contracts/contract_error.ts";
import { composeName } from "../../contracts/transport/compose_name.ts";
import { readConnectorConfig, VARIABLES } from "./config.ts";

const binding = (settings?: unknown) =>
  JSON.stringify({
    name: "voice-1-a-transport",
    binding: {
      protocolVersion: "1.0.0",
      ...(settings === undefined ? {} : { payload: btoa(JSON.stringify(settings)) }),
    },
  });

const WHOLE: Record<string, string> = {
  BUBU_TRANSPORT_BINDING: binding(),
  BUBU_HUB_ENDPOINT: "hub.system.svc.cluster.local:9000",
  BUBU_STORYRUN_ID: "voice-1",
  BUBU_POD_NAMESPACE: "demo",
  BUBU_STEP_NAME: "a",
  BUBU_CONNECTOR_GENERATION: "3",
  BUBU_GRPC_CLIENT_CERT_FILE: "/tls/tls.crt",
  BUBU_GRPC_CLIENT_KEY_FILE: "/tls/tls.key",
  BUBU_GRPC_CA_FILE: "/tls/ca.crt",
};

const read = (env: Record<string, string> = {}) =>
  readConnectorConfig((name) => ({ ...WHOLE, ...env })[name]);

Deno.test("the original's variables and defaults hold", () => {
  const config = read();
  assertEquals(config.local, { kind: "tcp", host: "127.0.0.1", port: 50_051 });
  assertEquals(config.identity, {
    namespace: "demo",
    storyRun: "voice-1",
    step: "a",
    generation: 3,
  });
  assertEquals(config.backoff, { base: 1_000, max: 30_000, retries: 200 });
  assertEquals(config.binding.namespace, "demo");
});

Deno.test("the binding's settings decide what is kept until it is done with", () => {
  const policies = (settings?: unknown) => {
    const { keepsUntilDone, waitsForReceipt, upstream } =
      read({ BUBU_TRANSPORT_BINDING: binding(settings) }).policies;
    return [keepsUntilDone, waitsForReceipt, upstream.delivery.semantics];
  };
  assertEquals(policies({ delivery: { semantics: "at_least_once" } }), [
    true,
    true,
    "at_least_once",
  ]);
  assertEquals(policies({ flowControl: { mode: "credits" } }), [false, true, "best_effort"]);
  assertEquals(policies({ flowControl: { mode: "none" } }), [false, false, "best_effort"]);
  assertEquals(policies(), [true, true, "best_effort"]);
});

Deno.test("an endpoint that is named as a step of the run is a peer, unless a setting says otherwise", () => {
  const routing = (hub: string, env: Record<string, string> = {}) =>
    read({ BUBU_HUB_ENDPOINT: hub, ...env }).routing;
  assertEquals(routing("voice-1-b.demo.svc.cluster.local:50051"), "p2p");
  assertEquals(routing("voice-1-b.other.svc.cluster.local:50051"), "hub");
  assertEquals(routing("voice-2-b.demo.svc.cluster.local:50051"), "hub");
  assertEquals(routing("bobravoz-grpc-hub.demo.svc.cluster.local:9000"), "hub");
  assertEquals(routing("localhost:9000", { CONNECTOR_ROUTING: "p2p" }), "p2p");
  assertEquals(routing("voice-1-b.demo.svc:50051", { CONNECTOR_ROUTING: "hub" }), "hub");
  const long = "r".repeat(60);
  const peer = `${composeName(long, "step")}.demo.svc.cluster.local:50051`;
  assertEquals(routing(peer, { BUBU_STORYRUN_ID: long }), "p2p");
});

Deno.test("the hub's name is not asked of a peer that is dialled by its own", () => {
  const name = (env: Record<string, string>) =>
    read({ BUBU_GRPC_HUB_SERVER_NAME: "hub.system.svc", ...env }).hubServerName;
  assertEquals(name({}), "hub.system.svc");
  assertEquals(name({ BUBU_HUB_ENDPOINT: "voice-1-b.demo.svc:50051" }), undefined);
  assertEquals(name({ CONNECTOR_ROUTING: "p2p" }), "hub.system.svc");
});

Deno.test("peers come to the pod's addresses, on the engram's port, with the client's certificate", () => {
  const { certificates, ...peers } = read({ CONNECTOR_PEER_STEPS: "x, y" }).peers!;
  assertEquals(peers, {
    listen: { port: 50_051 },
    steps: new Set(["x", "y"]),
    certReload: 10_000,
    identity: "enforce",
    heartbeat: 10_000,
  });
  assertEquals(certificates, {
    certificate: "/tls/tls.crt",
    key: "/tls/tls.key",
    authority: "/tls/ca.crt",
  });
  assertEquals(read({ CONNECTOR_PEER_LISTEN_ADDR: "127.0.0.2:7" }).peers?.listen, {
    hostname: "127.0.0.2",
    port: 7,
  });
  assertEquals(read({ CONNECTOR_PEER_LISTEN_ADDR: "off" }).peers, undefined);
});

Deno.test("towards a peer the settings hold that a hub would have held", () => {
  const settings = {
    backpressure: { buffer: { maxMessages: 5, dropPolicy: "latest_per_key", key: "metadata.u" } },
    flowControl: { mode: "credits", initialCredits: { messages: 3 } },
    partitioning: { mode: "hash" as const, key: "metadata.u", partitions: 4 },
  };
  const policies = (routing: string) =>
    read({ BUBU_TRANSPORT_BINDING: binding(settings), CONNECTOR_ROUTING: routing }).policies;
  const { upstream, partitioning } = policies("p2p");
  assertEquals([upstream.buffer.maxMessages, upstream.buffer.key], [5, "metadata.u"]);
  assertEquals([upstream.flow.mode, upstream.flow.initialMessages], ["credits", 3]);
  assertEquals(partitioning, settings.partitioning);
  const hub = policies("hub");
  assertEquals([hub.upstream.buffer.maxMessages, hub.upstream.flow.mode], [1_000, "window"]);
  assertEquals([hub.partitioning, hub.upstream.buffer.dropPolicy], [undefined, "latest_per_key"]);
});

Deno.test("reports go out every 30 s, not more often than every second, and can be switched off", () => {
  assertEquals(read().reportInterval, 30_000);
  assertEquals(read({ BUBU_TRANSPORT_HEARTBEAT_INTERVAL: "1ms" }).reportInterval, 1_000);
  assertEquals(read({ CONNECTOR_REPORTS: "false" }).reportInterval, undefined);
});

Deno.test("health and metrics have a port that gives way, unless somebody asked for one", () => {
  const http = (said?: string) =>
    read(said === undefined ? {} : { CONNECTOR_HTTP_LISTEN_ADDR: said }).http;
  assertEquals(http(), { hostname: "0.0.0.0", port: 15_051, optional: true });
  assertEquals(http("[::]:7"), { hostname: "::", port: 7, optional: false });
  assertEquals(http("off"), undefined);
});

Deno.test("a setting that is missing or wrong is named, with what is expected", () => {
  for (const name of Object.keys(WHOLE)) {
    assertThrows(() => read({ [name]: "" }), ContractError, `${name} is required`);
  }
  for (
    const [env, message] of [
      [{ BUBU_CONNECTOR_GENERATION: "0" }, "BUBU_CONNECTOR_GENERATION must be an integer"],
      [{ BUBU_GRPC_LOCAL_ENDPOINT: "0.0.0.0:50051" }, "must be on loopback"],
      [{ CONNECTOR_ROUTING: "both" }, "must be auto, hub or p2p"],
      [{ CONNECTOR_IDENTITY: "off" }, "must be enforce or report"],
      [{ CONNECTOR_PEER_LISTEN_ADDR: "50051" }, "CONNECTOR_PEER_LISTEN_ADDR: expected host:port"],
      [{ BUBU_HUB_ENDPOINT: "hub" }, "BUBU_HUB_ENDPOINT must be host:port"],
      [{ BUBU_TRANSPORT_BINDING: "voice-1-a-transport" }, "must be a JSON object"],
      [{ BUBU_TRANSPORT_BINDING: binding({ delivery: { semantics: "twice" } }) }, "semantics"],
    ] as const
  ) assertThrows(() => read(env), ContractError, message);
});

Deno.test("--help names every variable that is read", () => {
  const asked = new Set<string>();
  readConnectorConfig((name) => {
    asked.add(name);
    return WHOLE[name];
  });
  assertEquals(VARIABLES.map(({ name }) => name).toSorted(), [...asked].toSorted());
});
