import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { Random } from "./random.ts";

const take = (random: Random, count: number) => Array.from({ length: count }, () => random.next());

Deno.test("the same seeds give the same run, others another", () => {
  assertEquals(take(new Random(7, 1), 100), take(new Random(7, 1), 100));
  const runs = [[7], [8], [7, 1], [1, 7], [0], []].map((seeds) => take(new Random(...seeds), 4));
  assertEquals(new Set(runs.map((run) => run.join())).size, runs.length);
});

Deno.test("near seeds do not give near runs", () => {
  const firsts = Array.from({ length: 1000 }, (_, i) => new Random(1, i).below(10));
  for (let digit = 0; digit < 10; digit++) {
    const count = firsts.filter((value) => value === digit).length;
    assert(count > 50 && count < 150, `${count} of 1000 begin with ${digit}`);
  }
});

Deno.test("numbers stay below their limit and reach it", () => {
  const random = new Random(3);
  const seen = new Set(Array.from({ length: 500 }, () => random.below(7)));
  assertEquals([...seen].sort(), [0, 1, 2, 3, 4, 5, 6]);
  assertEquals([random.chance(0), random.chance(1)], [false, true]);
});

Deno.test("an item is picked from those that there are", () => {
  const random = new Random(4);
  assertEquals(new Set(Array.from({ length: 100 }, () => random.pick("abc".split("")))).size, 3);
  assertThrows(() => random.pick([]), RangeError, "nothing to pick");
  assertNotEquals(random.bytes(16), random.bytes(16));
});
