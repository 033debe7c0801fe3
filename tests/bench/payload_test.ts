import { assertEquals } from "@std/assert";
import { parseFlowMessage } from "../../contracts/parse_message.ts";
import {
  jsonBatch,
  manyNodes,
  MARKER,
  MESSAGE_BYTES,
  ndjsonBatch,
  nodeMessage,
} from "./payload.ts";

const count = (text: string) => text.split(MARKER).length - 1;

Deno.test("a message has 200 bytes, one marker, and is valid", () => {
  for (const node of [0, 7, 99_999]) {
    const text = nodeMessage(node);
    assertEquals(new TextEncoder().encode(text).length, MESSAGE_BYTES);
    assertEquals(count(text), 1);
    assertEquals(text.split("~").length, 2);
    parseFlowMessage(JSON.parse(text));
  }
});

Deno.test("batches hold that many messages, each with its own marker", () => {
  const json = jsonBatch(100);
  assertEquals((JSON.parse(json) as unknown[]).map(parseFlowMessage).length, 100);
  assertEquals(count(json), 100);
  const lines = ndjsonBatch(100).trimEnd().split("\n");
  assertEquals(lines.map((line) => parseFlowMessage(JSON.parse(line))).length, 100);
  assertEquals(count(lines.join("")), 100);
});

Deno.test("many nodes end with the only marker, also when they are sorted by id", () => {
  const message = parseFlowMessage(JSON.parse(manyNodes(2000)));
  if (message.type !== "upsert-nodes") throw new Error(message.type);
  const sorted = message.nodes.toSorted((a, b) => a.id < b.id ? -1 : 1);
  assertEquals(sorted.length, 2000);
  assertEquals(sorted.findIndex(({ label }) => label === MARKER), 1999);
  assertEquals(count(manyNodes(2000)), 1);
});
