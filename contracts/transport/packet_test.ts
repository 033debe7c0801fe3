import { assertEquals, assertThrows } from "@std/assert";
import { ContractError } from "../contract_error.ts";
import { isDeliverable, laneOf, outputsOf, type Packet } from "./packet.ts";
import { readPacketEnvelope, writePacketEnvelope } from "./packet_envelope.ts";

const bytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

Deno.test("the outputs of a step are its inputs with its payload over them", () => {
  const packet: Packet = { metadata: {}, inputs: { a: 1, b: 1 }, payload: { b: 2 } };
  assertEquals(outputsOf(packet), { a: 1, b: 2 });
  assertEquals(outputsOf({ metadata: { a: "b" } }), undefined);
});

Deno.test("metadata alone is not deliverable, and goes nowhere but the payload lane", () => {
  assertEquals(isDeliverable({ metadata: { a: "b" } }), false);
  assertEquals(isDeliverable({ metadata: {}, payload: {} }), true);
  assertEquals(laneOf({ metadata: {} }), "payload");
});

Deno.test("an envelope without version or kind is data of v1", () => {
  assertEquals(readPacketEnvelope(bytes({ payload: { a: 1 } })), {
    version: "v1",
    kind: "data",
    payload: { a: 1 },
  });
  const envelope = { version: "v1", kind: "hook" as const, payload: { event: "x" } };
  assertEquals(readPacketEnvelope(writePacketEnvelope(envelope)), envelope);
});

Deno.test("an envelope's kind is the engram's own word, and what it says is nothing is not there", () => {
  assertEquals(
    readPacketEnvelope(bytes({ kind: "telemetry", payload: null, inputs: { a: null } })),
    {
      version: "v1",
      kind: "telemetry",
      inputs: { a: null },
    },
  );
});

Deno.test("an envelope that the SDK would refuse is refused", () => {
  assertThrows(() => readPacketEnvelope(bytes({ timestampMs: -1 })), ContractError, "timestampMs");
  assertThrows(() => readPacketEnvelope(bytes([])), ContractError, "packet envelope");
  assertThrows(() => readPacketEnvelope(new Uint8Array([123])), ContractError, "is no JSON");
  assertThrows(() => readPacketEnvelope(new Uint8Array([0xff])), ContractError, "is no JSON");
  const huge = { version: "v1", payload: { text: "x".repeat(10 * 1024 * 1024) } };
  assertThrows(() => writePacketEnvelope(huge), ContractError, "are more than");
});
