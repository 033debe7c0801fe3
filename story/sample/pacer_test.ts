import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { Pacer } from "./pacer.ts";

Deno.test("however often it is asked, as many packets are due as the rate says", () => {
  fc.assert(fc.property(
    fc.integer({ min: 1, max: 5_000 }),
    fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 100 }),
    (rate, steps) => {
      const pacer = new Pacer(rate, 0);
      let now = 0;
      let sent = 0;
      for (const step of steps) {
        now += step;
        const due = pacer.due(now);
        pacer.sent(due);
        sent += due;
      }
      assert(Math.abs(sent - now * rate / 1_000) <= 1 + 1e-6, `${sent} at ${now} ms and ${rate}/s`);
    },
  ));
});

Deno.test("what was held back for long is not made up for", () => {
  const pacer = new Pacer(100, 0);
  assertEquals(pacer.due(60_000), 26);
  pacer.sent(26);
  assertEquals(pacer.due(60_000), 0);
  assertEquals(pacer.due(60_100), 10);
});
