import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { findCycle } from "./cycle.ts";

Deno.test("a graph whose steps need only earlier ones has no cycle; one more edge closes one", () => {
  const graph = fc.integer({ min: 2, max: 12 }).chain((size) =>
    fc.tuple(
      ...Array.from({ length: size }, (_, index) =>
        fc.subarray(Array.from({ length: index }, (_, earlier) => String(earlier)))),
    )
  );
  fc.assert(fc.property(graph, (needs) => {
    const steps = needs.map((need, index) => ({ id: String(index), needs: need }));
    assertEquals(findCycle(steps), undefined);
    const last = steps.findLast(({ needs }) => needs.length > 0);
    if (last === undefined) return;
    const [first = ""] = last.needs;
    const closed = steps.map((step) =>
      step.id === first ? { ...step, needs: [...step.needs, last.id] } : step
    );
    const cycle = findCycle(closed) ?? [];
    assert(cycle.length > 2 && cycle[0] === cycle.at(-1), cycle.join());
    for (const [at, id] of cycle.slice(1).entries()) {
      assert(closed.find((step) => step.id === id)?.needs.includes(cycle[at] ?? ""));
    }
  }));
});

Deno.test("a step that needs itself is a cycle", () => {
  assertEquals(findCycle([{ id: "a", needs: ["a"] }]), ["a", "a"]);
});
