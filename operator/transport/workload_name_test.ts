import { assert, assertEquals, assertFalse } from "@std/assert";
import { mayBeWorkloadOf, workloadName } from "./workload_name.ts";

Deno.test("a workload's name is run and step, cut with a hash where a Service could not bear it", () => {
  assertEquals(workloadName("voice-1", "tts"), "voice-1-tts");
  const long = workloadName("r".repeat(40), "s".repeat(40));
  // FNV-1a (32 bit) of the parts with their NULs, computed with Go's hash/fnv.
  assertEquals(long, `${"r".repeat(40)}-${"s".repeat(13)}-${HASH}`);
  assertEquals(long.length, 63);
});

Deno.test("every workload of a run is known for one, those of most others are not", () => {
  for (const length of [1, 40, 53, 54, 55, 63]) {
    const runName = "r".repeat(length);
    for (const step of ["a", "step", "s".repeat(63)]) {
      assert(mayBeWorkloadOf(workloadName(runName, step), runName), `${length} ${step}`);
    }
  }
  assertFalse(mayBeWorkloadOf(workloadName("run-10", "a"), "run-1"));
});

const HASH = "9e1205e5";
