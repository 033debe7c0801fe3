import { assertEquals } from "@std/assert";
import { workloadName } from "./workload_name.ts";

Deno.test("a workload's name is run and step, cut with a hash where a Service could not bear it", () => {
  assertEquals(workloadName("voice-1", "tts"), "voice-1-tts");
  const long = workloadName("r".repeat(40), "s".repeat(40));
  // FNV-1a (32 bit) of the parts with their NULs, computed with Go's hash/fnv.
  assertEquals(long, `${"r".repeat(40)}-${"s".repeat(13)}-${HASH}`);
  assertEquals(long.length, 63);
});

const HASH = "9e1205e5";
