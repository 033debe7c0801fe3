import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { ContractError } from "../../contracts/contract_error.ts";
import { envelopeOf, writeBindingEnvelope } from "../../contracts/transport/binding_envelope.ts";
import { transportBindingSchema } from "../../contracts/transport/resources.ts";
import { binding } from "../transport/testing/objects.ts";
import {
  type ConnectorSettings,
  injectConnector,
  type Injection,
  type PatchOperation,
} from "./inject_connector.ts";
import type { Container, EnvVar, Pod } from "./pod.ts";
import { engramPod } from "./testing/pods.ts";

const SETTINGS: ConnectorSettings = {
  image: "ghcr.io/bubustack/bobravoz-grpc-connector:1",
  imagePullPolicy: "IfNotPresent",
  hubEndpoint: (namespace) => `hub.${namespace}:9000`,
  peerHost: (stepRun, namespace) => `${stepRun}.${namespace}.svc.cluster.local:50051`,
};

function envelope(rawSettings?: unknown): string {
  const made = transportBindingSchema.parse(binding("step-a", { rawSettings }));
  return writeBindingEnvelope(envelopeOf(made));
}

function injection(change: Partial<Injection> = {}): Injection {
  return { namespace: "demo", binding: envelope(), upstreamHost: undefined, ...change };
}

function connectorOf(pod: Pod, given: Injection = injection()): Container {
  const [first] = injectConnector(pod, given, SETTINGS);
  return first?.value as Container;
}

function envOf(container: Container): Record<string, string | undefined> {
  return Object.fromEntries((container.env ?? []).map(({ name, value }) => [name, value]));
}

Deno.test("an engram's pod gets a connector that knows its step, its binding and its hub", () => {
  const pod = engramPod();
  const patch = injectConnector(pod, injection(), SETTINGS);
  assertEquals(patch.map(({ op, path }) => `${op} ${path}`), [
    "add /spec/containers/-",
    "add /metadata/annotations/transport.bobravoz.bubustack.io~1connector-injected",
    "add /metadata/labels/transport.bobravoz.bubustack.io~1connector",
  ]);
  assertEquals(patch[0]?.value, {
    name: "transport-connector",
    image: SETTINGS.image,
    imagePullPolicy: "IfNotPresent",
    command: ["/connector"],
    env: [
      { name: "BUBU_EXECUTION_MODE", value: "streaming" },
      { name: "BUBU_TRANSPORT_BINDING", value: envelope() },
      { name: "BUBU_ENGRAM_NAME", value: "engram-a" },
      { name: "BUBU_STORY_NAME", value: "voice" },
      { name: "BUBU_STEP_NAME", value: "step-a" },
      { name: "BUBU_STORYRUN_ID", value: "run-1" },
      { name: "BUBU_HUB_ENDPOINT", value: "hub.demo:9000" },
      {
        name: "BUBU_POD_NAMESPACE",
        valueFrom: { fieldRef: { fieldPath: "metadata.namespace" } },
      },
      { name: "BUBU_GRPC_PORT", value: "50051" },
      { name: "BUBU_TRANSPORT_SECURITY_MODE", value: "tls" },
    ],
    securityContext: { capabilities: { drop: ["ALL"] } },
  });
});

Deno.test("what is set on the engram goes to its connector, in whatever way it is set", () => {
  const secret = { secretKeyRef: { name: "s", key: "k" } };
  const env: EnvVar[] = [
    { name: "BUBU_GRPC_PORT", value: "6000" },
    { name: "BUBU_CONNECTOR_GENERATION", value: "3" },
    { name: "BUBU_GRPC_MAX_RECV_BYTES", value: "1024" },
    { name: "BUBU_GRPC_CA_FILE", value: "/tls/ca.crt" },
    { name: "BUBU_GRPC_TLS_CERT_FILE", value: "/tls/tls.crt" },
    { name: "BUBU_GRPC_TLS_KEY_FILE", valueFrom: secret },
    { name: "BUBU_DEBUG", value: "" },
    { name: "BUBU_TRANSPORT_SECURITY_MODE", value: "plaintext" },
    { name: "OPENAI_API_KEY", value: "hush" },
  ];
  const made = connectorOf(engramPod({ container: { env } }));
  const given = envOf(made);
  assertEquals(given["BUBU_GRPC_PORT"], "6000");
  assertEquals(given["BUBU_CONNECTOR_GENERATION"], "3");
  assertEquals(given["BUBU_GRPC_CLIENT_CERT_FILE"], "/tls/tls.crt");
  assertEquals(given["BUBU_HUB_CA_FILE"], "/tls/ca.crt");
  assertEquals(given["BUBU_TRANSPORT_SECURITY_MODE"], "tls", "there is no other");
  assertEquals([given["BUBU_DEBUG"], given["OPENAI_API_KEY"]], [undefined, undefined]);
  assertEquals(
    made.env?.find(({ name }) => name === "BUBU_GRPC_CLIENT_KEY_FILE"),
    { name: "BUBU_GRPC_CLIENT_KEY_FILE", valueFrom: secret },
  );
});

Deno.test("a provider's settings may set BUBU_ variables, and those that are there", () => {
  const env = {
    BUBU_X: 1,
    BUBU_GRPC_PORT: "7000",
    HOME: "/",
    BUBU_TRANSPORT_SECURITY_MODE: "none",
  };
  const given = envOf(connectorOf(engramPod(), injection({ binding: envelope({ env }) })));
  assertEquals(
    [
      given["BUBU_X"],
      given["BUBU_GRPC_PORT"],
      given["HOME"],
      given["BUBU_TRANSPORT_SECURITY_MODE"],
    ],
    ["1", "7000", undefined, "tls"],
  );
});

Deno.test("only TLS volumes and the engram's security go along, and no capability", () => {
  const container = {
    volumeMounts: [
      { name: "run-1-engram-tls", mountPath: "/tls" },
      { name: "data", mountPath: "/data" },
    ],
    securityContext: { runAsNonRoot: true, capabilities: { add: ["NET_ADMIN"] } },
  };
  const made = connectorOf(engramPod({ container }));
  assertEquals(made.volumeMounts, [{ name: "run-1-engram-tls", mountPath: "/tls" }]);
  assertEquals(made.securityContext, { runAsNonRoot: true, capabilities: { drop: ["ALL"] } });
});

Deno.test("a p2p step dials its peer: as the binding says, else the Service of the step after it", () => {
  const p2p = (downstream: string) => engramPod({ routing: { mode: "p2p", downstream } });
  const dials = (pod: Pod, upstreamHost?: string) =>
    envOf(connectorOf(pod, injection({ upstreamHost })))["BUBU_HUB_ENDPOINT"];
  assertEquals(dials(p2p("step-b"), "peer.example:1"), "peer.example:1");
  assertEquals(dials(p2p("step-b")), "run-1-step-b.demo.svc.cluster.local:50051");
  assertEquals(dials(p2p("step-b,step-c"), "peer.example:1"), "hub.demo:9000");
  assertEquals(dials(p2p("")), "hub.demo:9000");
  assertEquals(
    dials(engramPod({ routing: { mode: "hub", downstream: "step-b" } })),
    "hub.demo:9000",
  );
  const long = dials(p2p("s".repeat(60))) ?? "";
  assertEquals(long.split(".")[0]?.length, 63, "a name that a Service can bear");
});

Deno.test("a pod that has a connector, is no engram's or holds nothing is left as it is", () => {
  const injected = { "transport.bobravoz.bubustack.io/connector-injected": "true" };
  for (
    const pod of [
      engramPod({ annotations: injected }),
      engramPod({ labels: {} }),
      engramPod({ containers: [] }),
      engramPod({ containers: [{ name: "engram" }, { name: "transport-connector" }] }),
      {},
      { metadata: {} },
    ]
  ) assertEquals(injectConnector(pod, injection(), SETTINGS), []);
});

Deno.test("injecting twice is injecting once, whatever the pod holds", () => {
  const text = fc.stringMatching(/^[a-zA-Z0-9_.\/~-]{0,20}$/);
  const map = fc.option(fc.dictionary(fc.stringMatching(/^[a-z]{1,8}\/[a-z~]{1,8}$/), text), {
    nil: undefined,
  });
  fc.assert(fc.property(map, map, fc.array(fc.record({ name: text, value: text })), (
    annotations,
    labels,
    env,
  ) => {
    const pod = engramPod({
      ...(annotations === undefined ? {} : { annotations }),
      labels: { ...labels, "bubustack.io/engram": "e" },
      container: { env },
    });
    const once = applyPatch(pod, injectConnector(pod, injection(), SETTINGS));
    assertEquals(injectConnector(once, injection(), SETTINGS), []);
    assertEquals(once.spec?.containers?.length, 2);
    for (const [key, value] of Object.entries(annotations ?? {})) {
      assertEquals(once.metadata?.annotations?.[key], value);
    }
  }));
});

Deno.test("a binding that no connector could start with is refused, and it is said why", () => {
  const refused = (text: string) =>
    assertThrows(
      () => injectConnector(engramPod(), injection({ binding: text }), SETTINGS),
      ContractError,
    ).message;
  assertEquals(
    refused("run-1-step-a-transport").startsWith("transport binding: must be a JSON object"),
    true,
  );
  const elsewhere = JSON.stringify({ ...JSON.parse(envelope()), namespace: "other" });
  assertEquals(
    refused(elsewhere),
    "transport binding other/run-1-step-a-transport is of another namespace than the pod's, demo",
  );
});

/** RFC 6902, as far as the patches go: the API server's own is in the cluster tests. */
function applyPatch(pod: Pod, patch: readonly PatchOperation[]): Pod {
  const copy = structuredClone(pod) as unknown as Record<string, unknown>;
  for (const { path, value } of patch) {
    const keys = path.split("/").slice(1).map((key) =>
      key.replaceAll("~1", "/").replaceAll("~0", "~")
    );
    const last = keys.pop() ?? "";
    const parent = keys.reduce((at, key) => at[key] as Record<string, unknown>, copy);
    if (Array.isArray(parent)) parent.push(value);
    else parent[last] = value;
  }
  return copy as Pod;
}
