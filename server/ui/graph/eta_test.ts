import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { FlowNode, Relationship } from "../../../contracts/flow.ts";
import { mapOf } from "../testing/maps.ts";
import { node } from "../testing/rows.ts";
import { etaOf } from "./eta.ts";

const NOW = 1_000_000;
const done = (id: string, took: number, ended = NOW) =>
  node(id, "succeeded", { startedAt: ended - took, endedAt: ended });
const running = (id: string, since: number) => node(id, "running", { startedAt: NOW - since });
const waiting = (id: string) => node(id, "pending");
const chain = (...ids: string[]): Relationship[] =>
  ids.slice(1).map((toId, at) => ({ fromId: ids[at] ?? "", toId, type: "finish-to-start" }));

function eta(nodes: FlowNode[], relationships: Relationship[] = []) {
  const { graph, near } = mapOf(nodes, relationships);
  return etaOf(graph, near, NOW);
}

const HISTORY = [done("a", 10_000), done("b", 10_000), done("c", 10_000)];

Deno.test("a chain of waiting nodes takes as long as its links have taken elsewhere", () => {
  const nodes = [...HISTORY, waiting("x"), waiting("y"), waiting("z")];
  assertEquals(eta(nodes, chain("x", "y", "z")), 30_000);
});

Deno.test("a node takes as long as its namesake in another region", () => {
  const nodes = [...HISTORY, done("hel1/slow", 50_000), waiting("fsn1/slow")];
  assertEquals(eta(nodes), 50_000);
});

Deno.test("a running node has its run so far behind it, and is never taken for all but done", () => {
  assertEquals(eta([...HISTORY, running("x", 4_000)]), 6_000);
  assertEquals(eta([...HISTORY, running("x", 90_000)]), 1_000);
});

Deno.test("independent nodes wait for as many hands as have been at work so far", () => {
  const one = [done("a", 10_000, NOW - 20_000), done("b", 10_000, NOW - 10_000), done("c", 10_000)];
  assertEquals(eta([...one, waiting("x"), waiting("y")]), 20_000, "one after the other");
  assertEquals(eta([...HISTORY, waiting("x"), waiting("y")]), 10_000, "side by side");
});

Deno.test("nobody can tell without a history, or when it does not end by itself", () => {
  assertEquals(eta([done("a", 1), done("b", 1), waiting("x")]), undefined, "too little is done");
  assertEquals(eta(HISTORY), undefined, "nothing is left");
  assertEquals(eta([...HISTORY, waiting("x"), node("y", "failed")]), undefined);
  const suspended = node("y", "pending", { meta: { state: "suspended" } });
  assertEquals(eta([...HISTORY, waiting("x"), suspended]), undefined);
  const unknown = ["a", "b", "c"].map((id) => node(id, "succeeded"));
  assertEquals(
    eta([...unknown, waiting("x")]),
    undefined,
    "done, but nobody knows how long it took",
  );
});

Deno.test("more that is left never ends sooner, whatever the graph", () => {
  const nodes = fc.array(fc.constantFrom("done", "running", "pending"), {
    minLength: 4,
    maxLength: 20,
  });
  const links = fc.array(fc.tuple(fc.nat(19), fc.nat(19)), { maxLength: 40 });
  fc.assert(fc.property(nodes, links, (kinds, pairs) => {
    const made = kinds.map((kind, at) =>
      kind === "done"
        ? done(`n${at}`, 1_000 * (at + 1))
        : kind === "running"
        ? running(`n${at}`, 700 * at)
        : waiting(`n${at}`)
    );
    const relationships = pairs.map(([a, b]): Relationship => ({
      fromId: `n${a % kinds.length}`,
      toId: `n${b % kinds.length}`,
      type: "finish-to-start",
    }));
    const before = eta(made, relationships);
    if (before === undefined) return;
    const after = eta([...made, waiting("one more")], relationships);
    assert(after !== undefined && after >= before && before > 0);
  }));
});
