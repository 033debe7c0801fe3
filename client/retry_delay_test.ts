import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { MAX_RETRY, parseRetryAfter, REFUSAL_RETRY, retryDelay } from "./retry_delay.ts";

const top = () => 1 - Number.EPSILON;
const retry = { failures: 0, base: 1_000, refused: false };

Deno.test("retryDelay doubles from the router's retry up to the cap", () => {
  const delays = [0, 1, 2, 3, 4, 5, 6, 60].map((failures) =>
    Math.round(retryDelay({ ...retry, failures }, top))
  );
  assertEquals(delays, [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
});

Deno.test("retryDelay spreads its upper half by chance", () => {
  assertEquals(retryDelay(retry, () => 0), 500);
  assertEquals(retryDelay(retry, () => 0.5), 750);
});

Deno.test("retryDelay stays between a busy loop and the cap for any input", () => {
  const any = fc.record({
    failures: fc.nat({ max: 5_000 }),
    base: fc.nat({ max: 2 ** 40 }),
    random: fc.double({ min: 0, max: 0.999, noNaN: true }),
  });
  fc.assert(fc.property(any, ({ failures, base, random }) => {
    const delay = retryDelay({ failures, base, refused: false }, () => random);
    assert(delay >= 50 && delay <= MAX_RETRY, `${delay} ms`);
  }));
});

Deno.test("retryDelay comes back slowly after a refusal, whatever the router's retry", () => {
  assertEquals(retryDelay({ failures: 0, base: 100, refused: true }, () => 0), REFUSAL_RETRY / 2);
});

Deno.test("retryDelay waits at least for Retry-After, and no longer in step with the others", () => {
  assertEquals(retryDelay({ ...retry, retryAfter: 7_000 }, () => 0), 7_000);
  assertEquals(retryDelay({ ...retry, retryAfter: 7_000 }, () => 0.5), 7_250);
});

Deno.test("parseRetryAfter reads seconds and dates and nothing else", () => {
  const now = Date.UTC(2026, 0, 1);
  assertEquals(parseRetryAfter("120", now), 120_000);
  assertEquals(parseRetryAfter("Thu, 01 Jan 2026 00:00:09 GMT", now), 9_000);
  assertEquals(parseRetryAfter("Wed, 31 Dec 2025 23:59:59 GMT", now), undefined);
  assertEquals(parseRetryAfter("soon", now), undefined);
  assertEquals(parseRetryAfter(null, now), undefined);
  assertEquals(parseRetryAfter("999999999", now), 600_000);
});
