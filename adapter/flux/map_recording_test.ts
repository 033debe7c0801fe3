import { assert, assertEquals } from "@std/assert";
import { mapGolden, mapGoldenFile, recordedMaps } from "./testing/map_golden.ts";
import { readRecording, RECORDINGS } from "./testing/recording.ts";

const UPDATE = "deno run --allow-read=. --allow-write=adapter/flux/golden " +
  "adapter/flux/testing/map_golden.ts --update";

for (const name of RECORDINGS) {
  Deno.test(`the map at the end of ${name} is what was reviewed`, async () => {
    const golden = await Deno.readTextFile(mapGoldenFile(name));
    assertEquals(mapGolden(await readRecording(name), name), golden, `if right: ${UPDATE}`);
  });

  Deno.test(`no map of ${name} has an edge without two ends`, async () => {
    for (const { nodes, relationships } of recordedMaps(await readRecording(name), name)) {
      const ids = new Set(nodes.map(({ id }) => id));
      for (const { fromId, toId } of relationships) assert(ids.has(fromId) && ids.has(toId));
    }
  });
}

Deno.test("the deleted release of fsn1 is gone with its edges", async () => {
  const maps = [...recordedMaps(await readRecording("fsn1"), "fsn1")];
  const id = "fsn1/bp-external-dns";
  const holds = ({ nodes, relationships }: typeof maps[number]) =>
    nodes.some((node) => node.id === id) ||
    relationships.some(({ fromId, toId }) => fromId === id || toId === id);
  assert(maps.some(holds));
  assert(!holds(maps.at(-1)!));
});

Deno.test("the recording of hel1 ends while its last release waits", async () => {
  const last = [...recordedMaps(await readRecording("hel1"), "hel1")].at(-1);
  const waiting = last?.nodes.filter(({ status }) => status !== "succeeded") ?? [];
  assertEquals(waiting.map(({ id }) => id), ["hel1", "hel1/catalyst-platform"]);
  assertEquals(waiting[1]?.meta?.["blockedBy"], ["hel1/bp-gitea"]);
  assertEquals([last?.flow.status, last?.flow.endedAt], ["running", undefined]);
});
