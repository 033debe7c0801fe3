import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { parseDuration } from "./duration.ts";

Deno.test("parseDuration reads what Go writes and what people write", () => {
  const cases: Record<string, number> = {
    "0": 0,
    "0s": 0,
    "200ms": 200,
    "10s": 10_000,
    "1m30s": 90_000,
    "1h0m0s": 3_600_000,
    "1.5s": 1_500,
    ".5m": 30_000,
    "1.s": 1_000,
    "250us": 0.25,
    "250µs": 0.25,
    "1000000ns": 1,
  };
  for (const [text, milliseconds] of Object.entries(cases)) {
    assertEquals(parseDuration(text), milliseconds, text);
  }
});

Deno.test("parseDuration refuses what Go refuses, and negative lengths", () => {
  for (
    const text of ["", "5", "s", "-1s", "+1s", "1 s", "1d", "1s ", "1..5s", ".s", "1e3s", "1S"]
  ) {
    assertEquals(parseDuration(text), undefined, text);
  }
});

Deno.test("parseDuration refuses a length that no number holds", () => {
  assertEquals(parseDuration(`${"9".repeat(400)}h`), undefined);
});

Deno.test("a duration is the sum of its parts", () => {
  const count = fc.nat({ max: 10_000 });
  fc.assert(fc.property(count, count, count, (hours, seconds, milliseconds) => {
    assertEquals(
      parseDuration(`${hours}h${seconds}s${milliseconds}ms`),
      hours * 3_600_000 + seconds * 1_000 + milliseconds,
    );
  }));
});
