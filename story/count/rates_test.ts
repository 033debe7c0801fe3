import { assertEquals } from "@std/assert";
import { Rates } from "./rates.ts";

Deno.test("a rate is that of the last three seconds", () => {
  const rates = new Rates();
  assertEquals(rates.of("a"), 0);
  for (let at = 0; at <= 10_000; at += 500) {
    rates.note(at, new Map([["a", at <= 5_000 ? at / 10 : 500]]));
    if (at === 5_000) assertEquals(rates.of("a"), 100);
  }
  assertEquals(rates.of("a"), 0);
  assertEquals(rates.of("b"), 0);
});
