import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { Pacer } from "./pacer.ts";

Deno.test("a flow that was idle is due at once", () => {
  assertEquals(new Pacer().due(undefined), 0);
  assert(new Pacer().due(100) <= 110);
});

Deno.test("a flow gets at most one round a tick", () => {
  assertEquals(new Pacer().due(100), 110);
});

Deno.test("rounds of many writes push all further rounds out until they are paid for", () => {
  const pacer = new Pacer();
  pacer.wrote(4000, 1000);
  assertEquals(pacer.due(undefined), 1100);
});

Deno.test("no run of rounds passes 40,000 writes a second by more than one round", () => {
  const rounds = fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1, maxLength: 50 });
  fc.assert(fc.property(rounds, (rounds) => {
    const pacer = new Pacer();
    let now = 0;
    let last: number | undefined;
    let writes = 0;
    for (const size of rounds) {
      now = Math.max(now, pacer.due(last));
      assert(writes <= now * 40 + 1e-6, `${writes} writes in ${now} ms`);
      last = now;
      writes += size;
      pacer.wrote(size, now);
    }
  }));
});
