import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { cycles, type Dependencies, drift, merged } from "./dependencies.ts";

function graph(edges: Record<string, string[]>): Dependencies {
  return new Map(Object.entries(edges).map(([name, dependsOn]) => [name, { dependsOn }]));
}

Deno.test("what agrees has no drift, whatever the order", () => {
  const expected = new Map([
    ["out", { external: true, dependsOn: [] }],
    ["a", { slot: 1, dependsOn: ["out", "b"] }],
    ["b", { slot: 2, dependsOn: [] }],
  ]);
  const found = new Map([
    ["b", { slot: 2, dependsOn: [] }],
    ["a", { slot: 1, dependsOn: ["b", "out"] }],
  ]);
  assertEquals(drift(expected, found), []);
});

Deno.test("each difference is drift, and says what it is", () => {
  const expected = new Map([
    ["gone", { slot: 1, dependsOn: [] }],
    ["moved", { slot: 2, dependsOn: [] }],
    ["less", { slot: 3, dependsOn: ["moved"] }],
    ["more", { slot: 4, dependsOn: [] }],
  ]);
  const found = new Map([
    ["moved", { slot: 5, dependsOn: [] }],
    ["less", { slot: 3, dependsOn: [] }],
    ["more", { slot: 4, dependsOn: ["less", "nowhere"] }],
    ["new", { slot: 6, dependsOn: [] }],
  ]);
  assertEquals(drift(expected, found), [
    "gone is expected, but there is no manifest of it",
    "less is expected to wait for moved, but does not",
    "more waits for less, which is not expected",
    "more waits for nowhere, which is not expected",
    "more waits for unknown nowhere",
    "moved is in slot 5, expected 2",
    "new has a manifest, but is not expected",
  ]);
});

Deno.test("a cycle is found once, from wherever it is entered", () => {
  assertEquals(cycles(graph({ z: ["c"], a: ["b"], b: ["c"], c: ["a"] })), [["a", "b", "c"]]);
  assertEquals(cycles(graph({ self: ["self"], b: ["a"], a: ["b"] })), [["a", "b"], ["self"]]);
  assertEquals(cycles(graph({ top: ["left", "right"], left: ["end"], right: ["end"] })), []);
});

Deno.test("a cycle that only both files together close is found", () => {
  const expected = graph({ a: ["b"], b: [] });
  const found = graph({ a: [], b: ["a"] });
  assertEquals([cycles(expected), cycles(found)], [[], []]);
  assertEquals(cycles(merged(expected, found)), [["a", "b"]]);
});

const name = fc.integer({ min: 0, max: 8 }).map((n) => `n${n}`);

Deno.test("there is a cycle exactly when there is no order to install in", () => {
  fc.assert(fc.property(fc.array(fc.tuple(name, name), { maxLength: 20 }), (edges) => {
    const dependencies = new Map<string, { dependsOn: string[] }>();
    for (const [from, to] of edges) {
      const { dependsOn } = dependencies.get(from) ?? { dependsOn: [] };
      dependencies.set(from, { dependsOn: [...dependsOn, to] });
    }
    // Take away what waits for nothing that is left, again and again.
    let left = new Map(dependencies);
    for (let size = -1; size !== left.size;) {
      size = left.size;
      left = new Map(
        [...left].filter(([, { dependsOn }]) => dependsOn.some((one) => left.has(one))),
      );
    }
    assertEquals(cycles(dependencies).length > 0, left.size > 0);
  }));
});

Deno.test("every step of a cycle is a dependency", () => {
  fc.assert(fc.property(fc.array(fc.tuple(name, name), { maxLength: 20 }), (edges) => {
    const dependencies: Record<string, string[]> = {};
    for (const [from, to] of edges) (dependencies[from] ??= []).push(to);
    for (const cycle of cycles(graph(dependencies))) {
      cycle.forEach((from, i) => {
        assert(dependencies[from]?.includes(cycle[(i + 1) % cycle.length]!));
      });
    }
  }));
});
