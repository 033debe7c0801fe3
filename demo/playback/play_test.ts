import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { ObjectStore } from "../../kube/testing/object_store.ts";
import { play } from "./play.ts";
import { rebaseTimes, rebaseTo } from "./rebase_times.ts";
import { parseRecording, type RecordedEvent, resourcesOf } from "./recording.ts";

const text = (name: string) =>
  Deno.readTextFile(new URL(`../recordings/${name}.jsonl`, import.meta.url));
const key = ({ kind, metadata }: RecordedEvent["event"]["object"]) => `${kind} ${metadata.name}`;

/** A clock that jumps to whatever is waited for. */
function jumpingClock() {
  let now = Date.UTC(2030, 0, 1);
  return {
    now: () => now,
    after(ms: number, callback: () => void) {
      now += Math.max(0, ms);
      queueMicrotask(callback);
      return () => {};
    },
  };
}

for (const name of ["fsn1", "hel1"]) {
  Deno.test(`${name} played to its end leaves exactly the objects of the recorded cluster`, async () => {
    const recording = parseRecording(await text(name));
    const store = new ObjectStore();
    const clock = jumpingClock();
    const start = clock.now();
    const { signal } = new AbortController();
    await play(recording, { store, speed: 4, clock, signal });
    const expected = new Map<string, RecordedEvent["event"]["object"]>();
    for (const { event: { type, object } } of recording) {
      if (type === "DELETED") expected.delete(key(object));
      else expected.set(key(object), object);
    }
    const played = resourcesOf(recording).flatMap((resource) => store.list(resource));
    assertEquals(played.length, expected.size);
    for (const object of played) {
      const { spec } = expected.get(`${object.kind} ${object.metadata.name}`)!;
      assertEquals(object["spec"], spec);
      const created = Date.parse(String(object.metadata["creationTimestamp"]));
      assert(created >= start - 1000 && created <= clock.now(), `created ${created}`);
    }
    assertEquals(Math.round((clock.now() - start) * 4), recording.at(-1)!.t);
  });
}

Deno.test("playing stops when it is told to", async () => {
  const recording = parseRecording(await text("fsn1"));
  const store = new ObjectStore();
  const stop = new AbortController();
  store.onChange(() => stop.abort());
  await play(recording, { store, speed: 1000, clock: jumpingClock(), signal: stop.signal });
  assertEquals(store.revision, 2);
});

Deno.test("a recording that is broken names its line", () => {
  assertThrows(() => parseRecording('{"t":1}\n\n{"t":'), SyntaxError, "line 3");
});

Deno.test("rebasing keeps the order of times and divides what lies between them", () => {
  const instant = fc.integer({ min: 0, max: 4e12 });
  fc.assert(fc.property(instant, instant, fc.integer({ min: 1, max: 100 }), (a, b, speed) => {
    const rebase = rebaseTo(0, 1e12, speed);
    const difference = (rebase(b) - rebase(a)) * speed;
    assert(Math.abs(difference - (b - a)) < 1, `${difference}`);
  }));
});

Deno.test("only whole values that are times are rebased", () => {
  const rebase = rebaseTo(Date.UTC(2026, 0, 1), Date.UTC(2030, 0, 1), 2);
  const value = {
    at: "2026-01-01T00:00:10Z",
    list: [{ at: "2026-01-01T00:00:00Z" }],
    text: "since 2026-01-01T00:00:10Z",
    day: "2026-01-01",
    none: null,
    n: 1,
  };
  const copy = structuredClone(value);
  assertEquals(rebaseTimes(value, rebase), {
    ...value,
    at: "2030-01-01T00:00:05.000Z",
    list: [{ at: "2030-01-01T00:00:00.000Z" }],
  });
  assertEquals(value, copy);
});
