import { assertEquals, assertRejects } from "@std/assert";
import { startControlPlane } from "./control_plane.ts";
import { driveRecording } from "./drive_recording.ts";
import { namespace } from "./rbac.ts";
import { finalObjects, keyOf, readRecording } from "./recording.ts";

const RECORDINGS = new URL("../../demo/recordings/", import.meta.url);

Deno.test("a real API server goes through a recording, generation by generation", async (t) => {
  for (const name of ["fsn1", "hel1"]) {
    await t.step(name, async () => {
      await using plane = await startControlPlane();
      await plane.apply(namespace("flux-system"));
      const recording = await readRecording(new URL(`${name}.jsonl`, RECORDINGS));
      let done = 0;
      const differences = await driveRecording(plane.admin, recording, {
        onEvent: (count) => done = count,
      });
      assertEquals(differences, []);
      assertEquals(done, recording.length);

      const left = await Promise.all([
        plane.admin.list("/apis/helm.toolkit.fluxcd.io/v2/helmreleases"),
        plane.admin.list("/apis/source.toolkit.fluxcd.io/v1/helmcharts"),
      ]);
      const kinds = ["HelmRelease", "HelmChart"];
      const keys = left.flatMap(({ items }, i) =>
        items.map((item) => keyOf({ ...item, kind: kinds[i] ?? "" }))
      );
      assertEquals(keys.toSorted(), finalObjects(recording).map(keyOf).toSorted());
    });
  }

  await t.step("a difference is reported with its path, and an abort ends the drive", async () => {
    await using plane = await startControlPlane();
    await plane.apply(namespace("flux-system"));
    const [first] = await readRecording(new URL("fsn1.jsonl", RECORDINGS));
    if (first === undefined) throw new Error("an empty recording");
    const { object } = first.event;
    const odd = { ...object, metadata: { ...object.metadata, generation: 7 } };
    assertEquals(
      await driveRecording(plane.admin, [{ t: 0, event: { type: "ADDED", object: odd } }]),
      [{ event: 0, object: "HelmRelease flux-system/bp-cilium", paths: [".metadata.generation"] }],
    );
    const abort = new AbortController();
    const slow = driveRecording(plane.admin, [{ ...first, t: 3_600_000 }], {
      speed: 1,
      signal: abort.signal,
    });
    abort.abort(new Error("enough"));
    await assertRejects(() => slow, Error, "enough");
  });
});
