import { assert, assertEquals, assertRejects } from "@std/assert";
import { finalObjects, keyOf, readRecording } from "./recording.ts";

const RECORDINGS = new URL("../../demo/recordings/", import.meta.url);

Deno.test("a recording is read event by event, in the order of its times", async () => {
  for (const name of ["fsn1", "hel1"]) {
    const recording = await readRecording(new URL(`${name}.jsonl`, RECORDINGS));
    assert(recording.length > 300);
    const times = recording.map(({ t }) => t);
    assertEquals(times, times.toSorted((a, b) => a - b));
  }
});

Deno.test("what was deleted is not among the final objects", async () => {
  const recording = await readRecording(new URL("fsn1.jsonl", RECORDINGS));
  const keys = finalObjects(recording).map(keyOf);
  assertEquals(keys.length, 54);
  assert(keys.includes("HelmRelease flux-system/bp-keycloak"));
  assert(!keys.includes("HelmRelease flux-system/bp-external-dns"));
  assert(!keys.includes("HelmChart flux-system/flux-system-bp-external-dns"));
});

Deno.test("a line that is not JSON is named by its number", async () => {
  const path = await Deno.makeTempFile({ prefix: "headrace-recording-" });
  try {
    await Deno.writeTextFile(path, '{"t":1}\n{"t":2,\n');
    await assertRejects(() => readRecording(path), Error, "line 2");
  } finally {
    await Deno.remove(path);
  }
});
