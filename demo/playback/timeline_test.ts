import { assert, assertEquals, assertGreaterOrEqual, assertThrows } from "@std/assert";
import fc from "fast-check";
import { Timeline } from "./timeline.ts";

Deno.test("recorded time passes at the speed of playback", () => {
  const timeline = Timeline.start(1_000, 4);
  assertEquals([timeline.offsetAt(1_000), timeline.offsetAt(1_250)], [0, 1_000]);
  assertEquals([timeline.wallAt(0), timeline.wallAt(1_000)], [1_000, 1_250]);
});

Deno.test("what was before the recording lies before the beginning", () => {
  assertEquals(Timeline.start(1_000, 4).wallAt(-400), 900);
});

Deno.test("a pause stops recorded time and moves what is still to come", () => {
  const paused = Timeline.start(0, 2).pause(100);
  assertEquals([paused.paused, paused.offsetAt(100), paused.offsetAt(900)], [true, 200, 200]);
  const resumed = paused.resume(1_100);
  assertEquals([resumed.paused, resumed.offsetAt(1_100), resumed.offsetAt(1_200)], [
    false,
    200,
    400,
  ]);
  assertEquals(resumed.wallAt(400), 1_200);
});

Deno.test("what was played before a pause keeps its place, the moment of the pause too", () => {
  const resumed = Timeline.start(0, 2).pause(100).resume(1_100).pause(1_150).resume(5_000);
  assertEquals([0, 100, 200, 201, 300, 301].map((offset) => resumed.wallAt(offset)), [
    0,
    50,
    100,
    1_100.5,
    1_150,
    5_000.5,
  ]);
});

Deno.test("pausing twice and resuming what runs change nothing", () => {
  const timeline = Timeline.start(0, 1);
  assertEquals(timeline.resume(50).offsetAt(100), 100);
  assertEquals(timeline.pause(10).pause(50).resume(60).offsetAt(70), 20);
});

for (const speed of [0, -1, NaN, Infinity]) {
  Deno.test(`${speed} is no speed`, () => {
    assertThrows(() => Timeline.start(0, speed), RangeError, "no such speed");
  });
}

Deno.test("both directions agree, order is kept, whatever was paused when", () => {
  const speed = fc.double({ min: 0.1, max: 50, noNaN: true });
  const gaps = fc.array(fc.tuple(fc.integer({ min: 1, max: 5_000 }), fc.nat(5_000)));
  const offsets = fc.array(fc.integer({ min: -10_000, max: 50_000 }), { minLength: 2 });
  fc.assert(fc.property(speed, gaps, offsets, (s, pauses, moments) => {
    let timeline = Timeline.start(0, s);
    let now = 0;
    for (const [run, wait] of pauses) {
      timeline = timeline.pause(now += run).resume(now += wait);
    }
    const sorted = moments.sort((a, b) => a - b);
    for (const [i, offset] of sorted.entries()) {
      const wall = timeline.wallAt(offset);
      const before = sorted[i - 1];
      if (before !== undefined) assertGreaterOrEqual(wall, timeline.wallAt(before));
      if (wall > now) assert(Math.abs(timeline.offsetAt(wall) - offset) < 1e-3);
    }
  }));
});
