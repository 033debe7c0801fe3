import { assertEquals } from "@std/assert";
import { jsonLogger } from "./logger.ts";

Deno.test("a log line is one line of JSON: time, level, msg, then the attributes", () => {
  const lines: string[] = [];
  const logger = jsonLogger(() => 0, (line) => lines.push(line));
  logger("WARN", "two\nlines", { err: new TypeError("broken"), n: 1 });
  assertEquals(lines, [
    '{"time":"1970-01-01T00:00:00.000Z","level":"WARN","msg":"two\\nlines","err":"broken","n":1}',
  ]);
});
