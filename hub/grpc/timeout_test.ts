import { assertEquals } from "@std/assert";
import { parseTimeout } from "./timeout.ts";

Deno.test("timeouts are read in every unit", () => {
  const cases: [string, number][] = [
    ["1H", 3_600_000],
    ["2M", 120_000],
    ["30S", 30_000],
    ["99999999m", 99_999_999],
    ["1500u", 2],
    ["1n", 1],
    ["0m", 0],
  ];
  for (const [text, milliseconds] of cases) assertEquals(parseTimeout(text), milliseconds);
});

Deno.test("what is no timeout is none", () => {
  for (const text of ["", "5", "S", "1s", "-1S", "1.5S", "123456789m", "1S "]) {
    assertEquals(parseTimeout(text), undefined);
  }
});
