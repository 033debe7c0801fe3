import { assert, assertEquals, assertThrows } from "@std/assert";
import { parseUsage, usageOf } from "./process_usage.ts";

const STATUS = "Name:\tdeno\nVmHWM:\t  204800 kB\nVmRSS:\t  102400 kB\n";

Deno.test("memory is in MiB and time in seconds, whatever the program is called", () => {
  const stat = "7 (a) b (c) S 1 7 7 0 -1 4194560 9 9 9 9 150 50 0 0 20 0 8 0 99";
  assertEquals(parseUsage(stat, STATUS), { rss: 100, peak: 200, cpu: 2 });
});

Deno.test("a text that is not of /proc is refused", () => {
  assertThrows(() => parseUsage("", STATUS), TypeError);
});

Deno.test("this process uses something", async () => {
  const { rss, peak, cpu } = await usageOf(Deno.pid);
  assert(rss > 1 && peak >= rss && cpu > 0);
});
