import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Packet } from "../../contracts/transport/packet.ts";
import { fnv32a, partitionOf, valueAt } from "./partition.ts";

const packet: Packet = {
  metadata: { user_id: "u-1", "bubu.partition": " eu \n", "a.b": "dotted" },
  payload: { user: { id: 7, tags: ["x"] }, nothing: null },
  inputs: { region: "fsn1" },
};

const withPartition = (partition: string): Packet => ({
  ...packet,
  envelope: {
    streamId: "s",
    sequence: 1n,
    partition,
    chunkId: "",
    chunkIndex: 0,
    chunkCount: 0,
    chunkBytes: 0,
    totalBytes: 0,
  },
});

Deno.test("fnv32a gives the reference's answers", () => {
  // http://www.isthe.com/chongo/tech/comp/fnv/: "", "a", "foobar".
  assertEquals(["", "a", "foobar"].map(fnv32a), [0x811c9dc5, 0xe40c292c, 0xbf9cf968]);
});

Deno.test("a path leads into metadata, payload or inputs, or to nothing", () => {
  const cases: [string, string][] = [
    ["metadata.user_id", "u-1"],
    ["metadata.a.b", "dotted"],
    ["payload.user.id", "7"],
    ["payload.user.tags", '["x"]'],
    ["inputs.region", "fsn1"],
    ["payload.nothing", ""],
    ["payload.user.id.x", ""],
    ["metadata.toString", ""],
    ["payload.constructor", ""],
    ["elsewhere.x", ""],
  ];
  for (const [path, value] of cases) assertEquals(valueAt(packet, path), value, path);
});

Deno.test("none ignores, preserve keeps or takes the hint, hash spreads by its key", () => {
  assertEquals(partitionOf(withPartition("x"), { mode: "none" }), "");
  assertEquals(partitionOf(withPartition("x"), { mode: "preserve" }), "x");
  assertEquals(partitionOf(packet, { mode: "preserve" }), "eu");
  assertEquals(
    partitionOf(packet, { mode: "hash", key: "metadata.user_id", partitions: 16 }),
    `p${fnv32a("u-1") % 16}`,
  );
  assertEquals(
    partitionOf(packet, { mode: "hash", key: "metadata.user_id" }),
    `h${fnv32a("u-1").toString(16)}`,
  );
  assertEquals(partitionOf(packet, { mode: "hash", key: "payload.gone", partitions: 4 }), "");
  const hash = { mode: "hash", key: "metadata.user_id", partitions: 4 } as const;
  assertEquals(partitionOf(withPartition("x"), { ...hash, sticky: true }), "x");
  assert(partitionOf(withPartition("x"), hash) !== "x");
});

Deno.test("equal keys share a partition, whose name is short and below their number", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), fc.nat(64), (key, partitions) => {
    const settings = { mode: "hash", key: "metadata.k", partitions } as const;
    const name = partitionOf({ metadata: { k: key } }, settings);
    assertEquals(partitionOf({ metadata: { k: key, other: "x" } }, settings), name);
    assert(name.length <= 128);
    if (key === "") assertEquals(name, "");
    else if (partitions > 0) assert(Number(name.slice(1)) < partitions);
  }));
});
