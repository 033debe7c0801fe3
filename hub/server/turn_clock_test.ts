import { assertEquals } from "@std/assert";
import { turnClock } from "./turn_clock.ts";

Deno.test("the clock is read once a turn, and again in the next", () => {
  let time = 0;
  const after: (() => void)[] = [];
  const now = turnClock(() => ++time, (callback) => void after.push(callback));
  assertEquals([now(), now(), now()], [1, 1, 1]);
  assertEquals(after.length, 1);
  after.pop()?.();
  assertEquals([now(), now()], [2, 2]);
});

Deno.test("time goes on for whoever waits", async () => {
  const now = turnClock(() => performance.now(), (callback) => void setTimeout(callback));
  const before = now();
  while (now() === before) await new Promise((resolve) => setTimeout(resolve, 1));
});
