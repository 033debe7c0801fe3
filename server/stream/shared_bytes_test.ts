import { assertEquals, assertStrictEquals } from "@std/assert";
import { concat, SharedBytes } from "./shared_bytes.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

Deno.test("a chunk is the bytes between their length in hex and a line end", () => {
  const shared = new SharedBytes(bytes("0123456789abcdefg"));
  assertEquals(text(shared.chunk), "11\r\n0123456789abcdefg\r\n");
  assertStrictEquals(shared.chunk, shared.chunk);
});

Deno.test("bytes and their chunk are in memory once", () => {
  const shared = new SharedBytes(bytes("event"));
  assertEquals(text(shared.bytes), "event");
  const { chunk } = shared;
  assertStrictEquals(shared.bytes.buffer, chunk.buffer);
  assertEquals([text(shared.bytes), shared.length], ["event", 5]);
});

Deno.test("parts are joined in their order", () => {
  assertEquals(text(concat([bytes("a"), bytes(""), bytes("bc")])), "abc");
  assertEquals(concat([]).length, 0);
});
