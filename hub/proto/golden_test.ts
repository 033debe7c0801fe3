import { Buffer } from "node:buffer";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { check } from "./check.ts";
import { decode, encode } from "./codec.ts";
import type { MessageType } from "./message_type.ts";
import {
  ControlRequest,
  ControlResponse,
  DataMessage,
  DataPacket,
  FlowControl,
} from "./messages.ts";
import { jsonToStruct, structToJson } from "./struct.ts";
import { WireError } from "./wire_error.ts";
import golden from "./testing/golden.json" with { type: "json" };

const TYPES: Record<string, MessageType<unknown>> = {
  DataPacket,
  DataRequest: DataMessage,
  DataResponse: DataMessage,
  FlowControl,
  ControlRequest,
  ControlResponse,
};

function example(name: string): { type: MessageType<unknown>; bytes: Uint8Array } {
  const found = golden.find((entry) => entry.name === name);
  assert(found !== undefined, name);
  const type = TYPES[found.type];
  assert(type !== undefined, found.type);
  return { type, bytes: new Uint8Array(Buffer.from(found.hex, "hex")) };
}

for (const { name, valid } of golden) {
  Deno.test(`what the original's rules ${valid ? "accept" : "refuse"}, ours do too: ${name}`, () => {
    const { type, bytes } = example(name);
    if (valid) check(type, bytes);
    else {
      const error = assertThrows(() => check(type, bytes), WireError);
      assertEquals(error.code, "invalid");
      assert(error.field !== "");
    }
  });

  Deno.test(`a message of the original survives decoding and encoding to the byte: ${name}`, () => {
    const { type, bytes } = example(name);
    assertEquals(Buffer.from(encode(type, decode(type, bytes))), Buffer.from(bytes));
  });
}

Deno.test("a Struct of the original becomes JSON and the same bytes again", () => {
  const { type, bytes } = example("everything");
  const { payload } = decode(type as MessageType<DataPacket>, bytes);
  assert(payload !== undefined);
  const json = structToJson(payload);
  assertEquals<unknown>(json, {
    "": "empty key",
    a: null,
    b: true,
    c: -1.5,
    d: "text ✓",
    e: [1, "two", [], {}],
    f: { deep: { er: [null, false] } },
  });
  assertEquals(Buffer.from(jsonToStruct(json)), Buffer.from(payload));
});

Deno.test("a sequence beyond 2^53 keeps every digit", () => {
  const { type, bytes } = example("largest sequence");
  const { envelope } = decode(type as MessageType<DataPacket>, bytes);
  assertEquals(envelope?.sequence, 2n ** 64n - 1n);
});
