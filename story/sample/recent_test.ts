import { assertEquals } from "@std/assert";
import { Recent } from "./recent.ts";

Deno.test("the last packets are kept, no more than 4,096 of them", () => {
  const recent = new Recent<number>();
  for (let n = 0; n < 10_000; n++) recent.push(n, 10);
  const { packets } = recent;
  assertEquals([packets.length, packets[0], packets.at(-1)], [4_096, 5_904, 9_999]);
});

Deno.test("large packets are fewer", () => {
  const recent = new Recent<number>();
  for (let n = 0; n < 100; n++) recent.push(n, 1024 * 1024);
  assertEquals(recent.packets, Array.from({ length: 16 }, (_, index) => 84 + index));
});
