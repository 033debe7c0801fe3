import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { Silence } from "./keep_alive.ts";

const PATIENCE = { interval: 30_000, timeout: 20_000 };

Deno.test("a silent connection is asked after the interval, and closed after the timeout", () => {
  const silence = new Silence(PATIENCE);
  const done: [number, string][] = [];
  for (let at = silence.every; done.at(-1)?.[1] !== "close"; at += silence.every) {
    const next = silence.look(0);
    if (next !== undefined) done.push([at, next]);
  }
  assertEquals(done, [[30_000, "ping"], [50_000, "close"]]);
});

Deno.test("whoever says anything between two looks is never closed, nor asked", () => {
  const silence = new Silence(PATIENCE);
  for (let read = 1; read < 100; read++) assertEquals(silence.look(read), undefined);
});

Deno.test("whoever answers each question lives on, whatever else it says", () => {
  fc.assert(fc.property(fc.array(fc.nat(3), { maxLength: 200 }), (pieces) => {
    const silence = new Silence(PATIENCE);
    let read = 0;
    for (const bytes of pieces) {
      read += Math.max(0, bytes - 2);
      const next = silence.look(read);
      assertEquals(next === "close", false);
      if (next === "ping") read++;
    }
  }));
});
