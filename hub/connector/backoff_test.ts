import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { Code } from "../server/refusal.ts";
import { backoff } from "./backoff.ts";

const SETTINGS = { base: 1_000, max: 30_000, retries: 200 };

Deno.test("waits double up to the longest, each between half of it and all", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 200 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (failures, random) => {
        const wait = backoff(failures, Code.unavailable, SETTINGS, random)!;
        const whole = Math.min(30_000, 1_000 * 2 ** (failures - 1));
        assert(wait >= whole / 2 && wait <= whole);
      },
    ),
  );
});

Deno.test("what coming again cannot change is given up at once, the rest after so many failures", () => {
  for (
    const code of [Code.permissionDenied, Code.invalidArgument, Code.failedPrecondition, 12, 16]
  ) {
    assertEquals(backoff(1, code, SETTINGS, 0), undefined);
  }
  assertEquals(backoff(201, Code.unavailable, SETTINGS, 0), undefined);
  assertEquals(backoff(201, Code.unavailable, { ...SETTINGS, retries: -1 }, 0), 15_000);
});
