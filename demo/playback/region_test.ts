import { assert, assertEquals, assertRejects } from "@std/assert";
import { watchResources } from "../../kube/reflector.ts";
import type { KubeObject } from "../../kube/resources.ts";
import { FLUX_RESOURCES } from "./flux_resources.ts";
import { playRegion } from "./region.ts";

const read = (name: string) =>
  Deno.readTextFile(new URL(`../recordings/${name}.jsonl`, import.meta.url));

Deno.test("a reflector follows a region over a socket to its end, through cuts", async () => {
  const stop = new AbortController();
  const region = await playRegion(await read("fsn1"), 100, stop.signal);
  assertEquals(region.client.config.namespace, "flux-system");
  const held = FLUX_RESOURCES.map(() => new Map<string, KubeObject>());
  const loops = FLUX_RESOURCES.map((gvr, i) =>
    watchResources({
      client: region.client,
      gvr,
      namespace: "flux-system",
      signal: stop.signal,
      timing: { backoffBaseMs: 20, backoffMaxMs: 100 },
      onEvent: (event) => {
        if (event.type === "deleted") held[i]?.delete(event.key);
        else held[i]?.set(event.key, event.object);
      },
    })
  );
  const cutter = setInterval(() => region.api.cutWatches(), 150);
  await region.played;
  clearInterval(cutter);

  const truth = FLUX_RESOURCES.map((resource) => region.api.store.list(resource));
  const inStep = () =>
    truth.every((objects, i) =>
      objects.length === held[i]?.size &&
      objects.every(({ metadata }) =>
        held[i]?.get(`${metadata.namespace}/${metadata.name}`)?.metadata.resourceVersion ===
          metadata.resourceVersion
      )
    );
  const giveUpAt = Date.now() + 30_000;
  while (!inStep() && Date.now() < giveUpAt) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assert(inStep(), "the reflector ends in the region's last state");
  assertEquals(truth.map((objects) => objects.length), [27, 27]);
  stop.abort();
  await Promise.all(loops);
  await region.close();
});

Deno.test("a region that is stopped settles, and serves on until it is closed", async () => {
  const stop = new AbortController();
  const region = await playRegion(await read("hel1"), 1, stop.signal);
  stop.abort();
  await region.played;
  const response = await region.client.fetch("/apis");
  assertEquals((await response.json()).groups.length, 2);
  await region.close();
});

Deno.test("what cannot be played is refused, and frees its port", async () => {
  const { signal } = new AbortController();
  const text = await read("hel1");
  await assertRejects(() => playRegion(text, -1, signal), RangeError, "no such speed: -1");
  const other = text.replaceAll("HelmChart", "Bucket");
  await assertRejects(() => playRegion(other, 1, signal), TypeError, "a Bucket of");
  await assertRejects(() => playRegion("junk", 1, signal), SyntaxError, "the recording:1");
});
