import { assert, assertEquals } from "@std/assert";
import { windowOf } from "./window.ts";

Deno.test("a generator finds its way to the rate that its consumer takes, slow or fast", () => {
  for (const taken of [10, 100, 1_000, 20_000]) {
    // Each step is a look, of which there are four a second, with a generator at full speed.
    let rate = 0;
    let onTheirWay = 0;
    for (let step = 0; step < 40; step++) {
      onTheirWay = Math.max(onTheirWay, windowOf(rate));
      rate = Math.min(taken, onTheirWay * 4);
    }
    assertEquals(rate, taken);
    assert(onTheirWay <= Math.max(300, taken / 2));
  }
});
