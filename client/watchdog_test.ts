import { assertEquals } from "@std/assert";
import { FakeClock } from "./testing/fake_clock.ts";
import { Watchdog } from "./watchdog.ts";

function watch() {
  const clock = new FakeClock();
  const barks: number[] = [];
  const start = clock.now();
  const watchdog = new Watchdog(clock, 100, () => barks.push(clock.now() - start));
  return { clock, barks, watchdog };
}

Deno.test("Watchdog barks once, after the limit", () => {
  const { clock, barks } = watch();
  clock.advance(99);
  assertEquals(barks, []);
  clock.advance(1_000);
  assertEquals(barks, [100]);
});

Deno.test("Watchdog counts from the last touch", () => {
  const { clock, barks, watchdog } = watch();
  for (let touch = 0; touch < 10; touch++) {
    clock.advance(60);
    watchdog.touch();
  }
  assertEquals(barks, []);
  clock.advance(1_000);
  assertEquals(barks, [700]);
});

Deno.test("Watchdog barks as soon as a machine wakes from a sleep longer than the limit", () => {
  const { clock, barks } = watch();
  clock.sleep(60_000);
  clock.advance(0);
  assertEquals(barks, [60_000]);
});

Deno.test("Watchdog is not fooled by a clock that is set back", () => {
  const { clock, barks, watchdog } = watch();
  watchdog.touch();
  clock.sleep(-3_600_000);
  clock.advance(3_600_000);
  clock.advance(100);
  assertEquals(barks.length, 1);
});

Deno.test("Watchdog is silent once stopped", () => {
  const { clock, barks, watchdog } = watch();
  clock.advance(50);
  watchdog.stop();
  clock.advance(1_000);
  assertEquals(barks, []);
  assertEquals(clock.nextTimer, undefined);
});
