import { assertEquals, assertRejects } from "@std/assert";
import { startControlPlane } from "./control_plane.ts";
import { driveRecording } from "./drive_recording.ts";
import { liveObjects } from "./expected_snapshot.ts";
import type { KubeObject } from "./kube_object.ts";
import { namespace } from "./rbac.ts";
import { finalObjects, keyOf, readRecording } from "./recording.ts";

const RECORDINGS = new URL("../../demo/recordings/", import.meta.url);

Deno.test("a real API server goes through a recording, generation by generation", async (t) => {
  await using plane = await startControlPlane();
  await plane.apply(namespace("flux-system"));
  const recording = await readRecording(new URL("fsn1.jsonl", RECORDINGS));
  const [first] = recording;
  if (first === undefined) throw new Error("an empty recording");

  await t.step("as fast as it answers, without a difference, to the recorded end", async () => {
    const told: string[] = [];
    const onEvent = (object: KubeObject) => void told.push(keyOf(object));
    assertEquals(await driveRecording(plane.admin, recording, { onEvent }), []);
    assertEquals(told, recording.map(({ event }) => keyOf(event.object)));
    const left = await liveObjects(plane.admin);
    assertEquals(left.map(keyOf).sort(), finalObjects(recording).map(keyOf).sort());
  });

  await t.step("a difference is reported with its path", async () => {
    const { object } = first.event;
    const odd = { ...object, metadata: { ...object.metadata, name: "bp-odd", generation: 7 } };
    assertEquals(
      await driveRecording(plane.admin, [{ t: 0, event: { type: "ADDED", object: odd } }]),
      [{ event: 0, object: "HelmRelease flux-system/bp-odd", paths: [".metadata.generation"] }],
    );
  });

  await t.step("an abort ends the drive", async () => {
    const abort = new AbortController();
    const slow = driveRecording(plane.admin, [{ ...first, t: 3_600_000 }], {
      speed: 1,
      signal: abort.signal,
    });
    abort.abort(new Error("enough"));
    await assertRejects(() => slow, Error, "enough");
  });
});
