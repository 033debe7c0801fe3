import { assertEquals } from "@std/assert";
import { encode } from "../proto/codec.ts";
import { DataPacket } from "../proto/messages.ts";
import { Packet } from "../proto/packet.ts";
import { jsonToStruct } from "../proto/struct.ts";
import { partitionOf, valueAt } from "./packet_key.ts";

const packet = (partition = "") =>
  Packet.read(encode(DataPacket, {
    metadata: { "user.id": "u7", "partition-key": "hinted" },
    payload: jsonToStruct({ a: { b: 3 } }),
    ...(partition === "" ? {} : { envelope: { partition } }),
  }));

Deno.test("a path finds metadata, whose keys may have dots, and values inside Structs", () => {
  assertEquals(valueAt(packet(), "metadata.user.id"), "u7");
  assertEquals(valueAt(packet(), "payload.a.b"), "3");
  assertEquals(valueAt(packet(), "payload.a"), '{"b":3}');
  assertEquals(valueAt(packet(), "payload.a.toString"), undefined);
  assertEquals(valueAt(packet(), "inputs.a"), undefined);
});

Deno.test("hash puts a key's packets into one partition, preserve keeps the one there is", () => {
  const key = "metadata.user.id";
  assertEquals(partitionOf(packet(), undefined), "");
  assertEquals(partitionOf(packet(), { mode: "hash", key }), `h${fnv("u7").toString(16)}`);
  assertEquals(partitionOf(packet(), { mode: "hash", key, partitions: 16 }), `p${fnv("u7") % 16}`);
  assertEquals(partitionOf(packet("mine"), { mode: "hash", key, sticky: true }), "mine");
  assertEquals(partitionOf(packet("mine"), { mode: "preserve" }), "mine");
  assertEquals(partitionOf(packet(), { mode: "preserve" }), "hinted");
});

/** FNV-1a by its definition, with big integers. */
function fnv(text: string): number {
  let hash = 2166136261n;
  for (const byte of new TextEncoder().encode(text)) {
    hash = (hash ^ BigInt(byte)) * 16777619n % 2n ** 32n;
  }
  return Number(hash);
}
