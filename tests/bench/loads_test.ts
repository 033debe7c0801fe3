import { assertEquals, assertThrows } from "@std/assert";
import { BenchError } from "./errors.ts";
import { formatLoad, LOADS, parseLoads } from "./loads.ts";

Deno.test("loads are read as they are written, with x or ×", () => {
  assertEquals(parseLoads(LOADS.map(formatLoad).join(",")), [...LOADS]);
  assertEquals(parseLoads("5x7, 1x1"), [{ subscribers: 5, rate: 7 }, { subscribers: 1, rate: 1 }]);
});

Deno.test("a load that cannot be put is refused", () => {
  for (const text of ["", "5", "0x5", "5x0", "x", "5x5x5", "100000x1", "-1x3", "1x2,"]) {
    assertThrows(() => parseLoads(text), BenchError);
  }
});
