import { assert, assertEquals, assertThrows } from "@std/assert";
import type { KubeObject } from "../../kube/resources.ts";
import { FakeClock, settle } from "../../kube/testing/fake_clock.ts";
import { ObjectStore } from "../../kube/testing/object_store.ts";
import { FLUX_RESOURCES } from "./flux_resources.ts";
import { Player, type PlayerOptions } from "./player.ts";
import { parseRecording, type Recording } from "./recording.ts";

const BEGAN = Date.UTC(2026, 0, 1);

function release(name: string, second: number, status: Record<string, unknown> = {}): KubeObject {
  return {
    apiVersion: "helm.toolkit.fluxcd.io/v2",
    kind: "HelmRelease",
    metadata: {
      name,
      namespace: "flux-system",
      uid: `uid-${name}`,
      resourceVersion: "7",
      creationTimestamp: new Date(BEGAN + second * 1000).toISOString(),
    },
    status,
  };
}

const short: Recording = {
  beganAt: BEGAN,
  durationMs: 10_000,
  events: [
    { t: 0, event: { type: "ADDED", object: release("a", 0) } },
    { t: 4_000, event: { type: "ADDED", object: release("b", 4) } },
    { t: 4_000, event: { type: "MODIFIED", object: release("a", 0, { failures: 1 }) } },
    { t: 10_000, event: { type: "DELETED", object: release("a", 0) } },
  ],
};

function play(options: Partial<PlayerOptions> = {}) {
  const clock = new FakeClock(Date.UTC(2030, 0, 1));
  const store = new ObjectStore();
  for (const resource of FLUX_RESOURCES) store.register(resource);
  const progress: number[] = [];
  const player = new Player({
    recording: short,
    store,
    clock,
    speed: 2,
    onProgress: (t) => progress.push(t),
    ...options,
  });
  const [releases, charts] = FLUX_RESOURCES;
  assert(releases && charts);
  const names = () => store.list(releases).map(({ metadata }) => metadata.name).join();
  return { clock, store, player, progress, releases, charts, names };
}

Deno.test("events happen at their recorded time divided by the speed", async () => {
  const { clock, player, names, store } = play();
  assertEquals(names(), "a");
  await clock.advance(1_999);
  assertEquals([names(), store.revision], ["a", 2]);
  await clock.advance(1);
  assertEquals([names(), store.revision], ["a,b", 4]);
  await clock.advance(2_999);
  assertEquals(names(), "a,b");
  await clock.advance(1);
  assertEquals([names(), player.position], ["b", 10_000]);
});

Deno.test("objects look as if they were made now, and get versions of this store", async () => {
  const { clock, store, releases } = play();
  const start = clock.now();
  await clock.advance(2_000);
  const b = store.get(releases, "b", "flux-system");
  assertEquals(b?.metadata.creationTimestamp, new Date(start + 2_000).toISOString());
  assertEquals([b?.metadata.uid, b?.metadata.resourceVersion], ["uid-b", "3"]);
});

Deno.test("the end is told, leaves no timer, and the last state stays", async () => {
  const { clock, player, names, progress } = play();
  let ended = false;
  player.ended.then(() => ended = true);
  await clock.advance(4_999);
  assertEquals(ended, false);
  await clock.advance(1);
  assertEquals([ended, clock.pending, progress.at(-1)], [true, 0, 10_000]);
  await clock.advance(3_600_000);
  assertEquals([names(), player.position], ["b", 10_000]);
});

Deno.test("progress never goes back, and is told a few times a second", async () => {
  const { clock, progress } = play();
  await clock.advance(5_000);
  assertEquals(progress.length, 21);
  assertEquals(progress, progress.toSorted((a, b) => a - b));
});

Deno.test("a pause holds everything, and what comes after it comes later", async () => {
  const { clock, player, names, store, releases } = play();
  const start = clock.now();
  await clock.advance(1_000);
  player.pause();
  assertEquals([player.paused, clock.pending], [true, 0]);
  await clock.advance(60_000);
  assertEquals([names(), player.position], ["a", 2_000]);
  player.resume();
  await clock.advance(1_000);
  assertEquals(names(), "a,b");
  const created = (name: string) =>
    Date.parse(store.get(releases, name, "flux-system")?.metadata.creationTimestamp ?? "") - start;
  assertEquals([created("a"), created("b")], [0, 62_000]);
});

Deno.test("a stopped player does nothing more, and has ended", async () => {
  const { clock, player, names } = play();
  await clock.advance(1_000);
  player.stop();
  await player.ended;
  assertEquals(clock.pending, 0);
  player.pause();
  player.resume();
  await clock.advance(60_000);
  assertEquals([names(), player.position], ["a", 2_000]);
});

Deno.test("a signal stops a player, in the middle of a moment too", async () => {
  const stop = new AbortController();
  const { clock, player, store, names } = play({ signal: stop.signal });
  store.onChange(() => stop.abort());
  await clock.advance(60_000);
  assertEquals([names(), store.revision, clock.pending], ["a,b", 3, 0]);
  await player.ended;

  const before = play({ signal: stop.signal });
  await before.player.ended;
  assertEquals([before.names(), before.clock.pending], ["", 0]);
});

Deno.test("a listener of the store may pause the player in the middle of a moment", async () => {
  const { clock, player, store, names } = play();
  store.onChange(({ object }) => {
    if (object.metadata.name === "b") player.pause();
  });
  await clock.advance(60_000);
  assertEquals([names(), store.revision], ["a,b", 3]);
  player.resume();
  await clock.advance(60_000);
  assertEquals(names(), "b");
});

Deno.test("a kind that is not served, or no speed, is refused before anything is played", () => {
  const store = new ObjectStore();
  assertThrows(
    () => play({ store }),
    TypeError,
    "the recording has a HelmRelease of helm.toolkit.fluxcd.io/v2, which is not served",
  );
  assertThrows(() => play({ speed: 0 }), RangeError);
});

for (const name of ["fsn1", "hel1"]) {
  Deno.test(`${name}, played to its end, leaves what its events leave, and nothing from the future`, async () => {
    const url = new URL(`../recordings/${name}.jsonl`, import.meta.url);
    const recording = parseRecording(await Deno.readTextFile(url), name);
    const { clock, player, store, releases, charts } = play({ recording, speed: 4.5 });
    const start = clock.now();
    let latest = 0;
    store.onChange(({ object }) => {
      for (const [, time] of JSON.stringify(object).matchAll(/"(\d{4}-[^"]+Z)"/g)) {
        latest = Math.max(latest, Date.parse(time ?? "") - clock.now());
      }
    });
    await clock.advance(recording.durationMs / 4.5 + 1);
    await player.ended;
    assertEquals(clock.pending, 0);
    assert(latest <= 1, `an object was ${latest} ms ahead of its time`);

    const expected = new Map<string, KubeObject>();
    for (const { event: { type, object } } of recording.events) {
      const key = `${object.kind} ${object.metadata.name}`;
      if (type === "DELETED") expected.delete(key);
      else expected.set(key, object);
    }
    const left = [...store.list(releases), ...store.list(charts)];
    assertEquals(
      left.map(({ kind, metadata }) => `${kind} ${metadata.name}`).sort(),
      [...expected.keys()].sort(),
    );
    for (const { kind, metadata, spec, status } of left) {
      const object = expected.get(`${kind} ${metadata.name}`);
      assertEquals(spec, object?.spec);
      const conditions = (value: unknown) =>
        (value as { conditions?: { type: string; status: string; reason: string }[] })?.conditions
          ?.map((each) => `${each.type}=${each.status} ${each.reason}`);
      assertEquals(conditions(status), conditions(object?.status));
      assertEquals(metadata.uid, object?.metadata.uid);
      assert(Date.parse(metadata.creationTimestamp ?? "") > start - 1_000);
    }
  });
}

Deno.test("durations shrink by the speed: a release that took 9 s takes 2 s at 4.5 times the speed", async () => {
  const recording: Recording = {
    beganAt: BEGAN,
    durationMs: 9_000,
    events: [{
      t: 9_000,
      event: {
        type: "ADDED",
        object: release("a", 0, {
          conditions: [{ type: "Ready", lastTransitionTime: "2026-01-01T00:00:09Z" }],
          lastAttemptedReleaseActionDuration: "9s",
        }),
      },
    }],
  };
  const { clock, store, releases } = play({ recording, speed: 4.5 });
  const start = clock.now();
  await clock.advance(2_000);
  await settle();
  const object = store.get(releases, "a", "flux-system");
  assertEquals(object?.metadata.creationTimestamp, new Date(start).toISOString());
  assertEquals(object?.status, {
    conditions: [{ type: "Ready", lastTransitionTime: new Date(start + 2_000).toISOString() }],
    lastAttemptedReleaseActionDuration: "2s",
  });
});
