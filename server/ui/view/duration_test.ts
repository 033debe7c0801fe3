import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { formatAgo, formatDuration } from "./duration.ts";

const S = 1_000;
const M = 60 * S;
const H = 60 * M;
const D = 24 * H;

Deno.test("formatDuration says the two largest units", () => {
  const cases: [number, string][] = [
    [0, "0s"],
    [1, "0.1s"],
    [450, "0.5s"],
    [S, "1s"],
    [59 * S + 999, "59s"],
    [M, "1m 00s"],
    [3 * M + 5 * S, "3m 05s"],
    [H - 1, "59m 59s"],
    [2 * H + 7 * M, "2h 07m"],
    [D, "1d 0h"],
    [4 * D + 3 * H + 59 * M, "4d 3h"],
  ];
  for (const [milliseconds, text] of cases) assertEquals(formatDuration(milliseconds), text);
});

Deno.test("formatAgo says one unit", () => {
  const cases: [number, string][] = [
    [0, "0s"],
    [12_900, "12s"],
    [M, "1m"],
    [H - 1, "59m"],
    [H, "1h"],
    [47 * H, "47h"],
    [2 * D, "2d"],
    [400 * D, "400d"],
  ];
  for (const [milliseconds, text] of cases) assertEquals(formatAgo(milliseconds), text);
});

Deno.test("a clock that is behind the cluster's never shows a negative time", () => {
  fc.assert(fc.property(fc.integer({ min: -(2 ** 50), max: 0 }), (milliseconds) => {
    assertEquals(formatDuration(milliseconds), "0s");
    assertEquals(formatAgo(milliseconds), "0s");
  }));
});

Deno.test("formatDuration never says sixty of anything", () => {
  fc.assert(fc.property(fc.nat({ max: 2 ** 31 - 1 }), (milliseconds) => {
    assert(!/\b60[ms]/.test(formatDuration(milliseconds)));
  }));
});
