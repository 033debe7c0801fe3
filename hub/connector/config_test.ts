import { assertEquals, assertThrows } from "@std/assert";
import { ContractError } from "../../contracts/contract_error.ts";
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

Deno.test("a setting that is missing or wrong is named, with what is expected", () => {
  for (const name of Object.keys(WHOLE)) {
    assertThrows(() => read({ [name]: "" }), ContractError, `${name} is required`);
  }
  for (
    const [env, message] of [
      [{ BUBU_CONNECTOR_GENERATION: "0" }, "BUBU_CONNECTOR_GENERATION must be an integer"],
      [{ BUBU_GRPC_LOCAL_ENDPOINT: "0.0.0.0:50051" }, "must be on loopback"],
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
