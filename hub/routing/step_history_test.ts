import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { StepHistory } from "./step_history.ts";

Deno.test("what earlier steps put out for a message is remembered until its time is over", () => {
  const history = new StepHistory({ maxEntries: 10, maxBytes: 100, ttl: 50 });
  history.note("m1", "a", { x: 1 }, 10, 0);
  history.note("m1", "b", { y: 2 }, 10, 40);
  history.note("m2", "a", { x: 3 }, 10, 41);
  assertEquals(history.of("m1"), new Map([["a", { x: 1 }], ["b", { y: 2 }]]));
  history.expire(90);
  assertEquals([history.of("m1"), history.of("m2")?.size], [undefined, 1]);
  assertEquals(history.bytes, 10);
});

Deno.test("a message without an id, or larger than all there is room for, is not remembered", () => {
  const history = new StepHistory({ maxEntries: 10, maxBytes: 100, ttl: 50 });
  history.note("", "a", {}, 1, 0);
  history.note("m1", "a", {}, 101, 0);
  assertEquals([history.size, history.bytes], [0, 0]);
});

Deno.test("however much is noted, entries and bytes stay within their limits", () => {
  const notes = fc.array(
    fc.record({ id: fc.constantFrom("m1", "m2", "m3", "m4"), bytes: fc.nat(40), at: fc.nat(30) }),
    { maxLength: 40 },
  );
  fc.assert(fc.property(notes, (events) => {
    const limits = { maxEntries: 3, maxBytes: 100, ttl: 60 };
    const history = new StepHistory(limits);
    let now = 0;
    for (const { id, bytes, at } of events) {
      now += at;
      history.note(id, "a", { bytes }, bytes, now);
      assert(history.size <= limits.maxEntries && history.bytes <= limits.maxBytes);
      assertEquals(history.of(id)?.get("a") ?? { bytes }, { bytes });
    }
    history.expire(now + limits.ttl);
    assertEquals([history.size, history.bytes], [0, 0]);
  }));
});
