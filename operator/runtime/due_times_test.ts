import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { DueTimes } from "./due_times.ts";

const key = fc.constantFrom("a", "b", "c", "d", "e");
const step = fc.oneof(
  fc.record({ op: fc.constant("add" as const), key, at: fc.integer({ min: 0, max: 50 }) }),
  fc.record({ op: fc.constant("remove" as const), key }),
  fc.record({ op: fc.constant("take" as const), now: fc.integer({ min: 0, max: 60 }) }),
);

Deno.test("keys come out when they are due, the earliest first, as from a sorted list", () => {
  fc.assert(fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
    const due = new DueTimes();
    const model = new Map<string, number>();
    const first = () => [...model.values()].sort((a, b) => a - b)[0];
    for (const s of steps) {
      if (s.op === "add") {
        due.add(s.key, s.at);
        model.set(s.key, Math.min(model.get(s.key) ?? Infinity, s.at));
      } else if (s.op === "remove") {
        due.remove(s.key);
        model.delete(s.key);
      } else {
        const expected = first();
        const taken = due.takeDue(s.now);
        if (expected === undefined || expected > s.now) assertEquals(taken, undefined);
        else {
          assertEquals(model.get(taken ?? ""), expected, "any of those that are due first");
          model.delete(taken ?? "");
        }
      }
      assertEquals(due.earliest, first());
      assertEquals(due.size, model.size);
    }
  }));
});

Deno.test("keys that come and go a hundred thousand times leave nothing behind", () => {
  const due = new DueTimes();
  for (let i = 0; i < 100_000; i++) {
    due.add(`key-${i}`, 100_000 - i);
    due.remove(`key-${i}`);
  }
  assertEquals([due.size, due.earliest], [0, undefined]);
});
