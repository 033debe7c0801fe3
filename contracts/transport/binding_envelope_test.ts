import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { ContractError } from "../contract_error.ts";
import {
  bindingReference,
  envelopeOf,
  environmentOverrides,
  MAX_BINDING_BYTES,
  readBindingEnvelope,
  writeBindingEnvelope,
} from "./binding_envelope.ts";
import { transportBindingSchema } from "./resources.ts";
import { bindingEnvelopes } from "./testing/arbitraries.ts";

const VALUE = {
  name: "voice-abc12-respond-transport",
  namespace: "demo",
  binding: {
    transportRef: "livekit-default",
    driver: "bobravoz-grpc",
    endpoint: "127.0.0.1:50051",
    audioCodecs: ["opus"],
    payload: btoa('{"routing":{"mode":"hub"}}'),
    protocolVersion: "1.0.0",
  },
};

Deno.test("a binding survives the environment whole", () => {
  fc.assert(fc.property(bindingEnvelopes, (envelope) => {
    assertEquals(readBindingEnvelope(writeBindingEnvelope(envelope)), envelope);
  }));
});

Deno.test("readBindingEnvelope reads what the original writes, null and both base64s included", () => {
  const envelope = readBindingEnvelope(` ${JSON.stringify(VALUE)}\n`);
  assertEquals(envelope.binding.settings, { routing: { mode: "hub" } });
  assertEquals(envelope.binding.videoCodecs, []);
  assertEquals(bindingReference(envelope), "demo/voice-abc12-respond-transport");
  const bytes = new TextEncoder().encode('{"a":"¿¿¿???>>>"}');
  const payload = bytes.toBase64({ alphabet: "base64url" });
  const binding = { ...VALUE.binding, payload, videoCodecs: null };
  assertEquals(
    readBindingEnvelope(JSON.stringify({ ...VALUE, binding })).binding.settings,
    { a: "¿¿¿???>>>" },
  );
});

Deno.test("the pod's namespace stands in for a missing one", () => {
  const { namespace: _, ...value } = VALUE;
  assertEquals(readBindingEnvelope(JSON.stringify(value), "pod-ns").namespace, "pod-ns");
});

Deno.test("writeBindingEnvelope omits what is empty, as protojson does", () => {
  const text = writeBindingEnvelope({
    name: "n",
    namespace: "",
    binding: {
      transportRef: "",
      driver: "d",
      endpoint: "",
      audioCodecs: [],
      videoCodecs: [],
      binaryTypes: [],
      protocolVersion: "1.0.0",
      settings: undefined,
    },
  });
  assertEquals(JSON.parse(text), {
    name: "n",
    binding: { driver: "d", protocolVersion: "1.0.0" },
  });
});

Deno.test("a binding that Go would refuse is refused, and the error says why", () => {
  const change = (binding: object, rest: object = {}) =>
    JSON.stringify({ ...VALUE, ...rest, binding: { ...VALUE.binding, ...binding } });
  const cases: [string, string][] = [
    ["", "is empty"],
    ["voice-respond-transport", "must be a JSON object"],
    ["{", "is no JSON"],
    [change({}, { name: " " }), "name: is required"],
    [JSON.stringify({ name: "n" }), "binding: is required"],
    [change({ protocolVersion: "1.0.1" }), "must be exactly 1.0.0"],
    [change({ protocolVersion: undefined }), "must be exactly 1.0.0"],
    [change({ codec: "opus" }), "codec"],
    [change({ payload: "***" }), "is no base64"],
    [change({ payload: btoa("[") }), "is no JSON"],
    [change({ audioCodecs: Array(33).fill("x") }), "audioCodecs: must have at most 32 entries"],
    [`{"name":"${"x".repeat(MAX_BINDING_BYTES)}"}`, "is larger than"],
  ];
  for (const [text, message] of cases) {
    assertThrows(() => readBindingEnvelope(text), ContractError, message);
  }
});

Deno.test("envelopeOf takes names of codecs and the endpoint of spec before status", () => {
  const binding = transportBindingSchema.parse({
    metadata: { name: "b", namespace: "demo" },
    spec: {
      transportRef: "t",
      driver: "d",
      audio: { codecs: [{ name: "opus", sampleRateHz: 48000 }] },
      binary: { mimeTypes: ["application/json"] },
      rawSettings: { env: { BUBU_X: 1 } },
    },
    status: { endpoint: "hub:9000" },
  });
  assertEquals(envelopeOf(binding).binding.audioCodecs, ["opus"]);
  assertEquals(envelopeOf(binding).binding.endpoint, "hub:9000");
  const withEndpoint = { ...binding, spec: { ...binding.spec, connectorEndpoint: "127.0.0.1:1" } };
  assertEquals(envelopeOf(withEndpoint).binding.endpoint, "127.0.0.1:1");
});

Deno.test("environmentOverrides lets through BUBU_ names and declared ones, sorted, as Go prints", () => {
  assertEquals(
    environmentOverrides({
      env: {
        BUBU_Z: 1e21,
        BUBU_A: true,
        PATH: "/evil",
        DECLARED: { b: [1, "x", null], a: 0.5 },
        "BUBU-BAD": 1,
      },
    }, new Set(["DECLARED"])),
    [["BUBU_A", "true"], ["BUBU_Z", "1e+21"], ["DECLARED", "map[a:0.5 b:[1 x <nil>]]"]],
  );
  assertEquals(environmentOverrides(undefined, new Set()), []);
});
