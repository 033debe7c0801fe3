import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import { emptyFlowState, foldInto } from "../../../contracts/fold.ts";
import { flowMessages } from "../../../contracts/testing/arbitraries.ts";
import { FLOW, node, stateOf } from "../testing/rows.ts";
import { nodeRow } from "./node_row.ts";
import { RowCache, sameItems } from "./row_cache.ts";

Deno.test("a row stays the same object until its node or one that it waits for changes", () => {
  const blocked = node("b", "pending", { meta: { blockedBy: ["a", "gone"] } });
  const state = stateOf(blocked, node("a", "running"));
  const cache = new RowCache();
  const first = cache.rowOf(blocked, state);
  assertStrictEquals(cache.rowOf(blocked, state), first);

  foldInto(state, { type: "upsert-nodes", nodes: [node("c", "running")] });
  assertStrictEquals(cache.rowOf(blocked, state), first);

  foldInto(state, { type: "upsert-nodes", nodes: [node("a", "failed")] });
  assertEquals(cache.rowOf(blocked, state).waitsFor[0]?.phase, "failed");

  foldInto(state, { type: "upsert-nodes", nodes: [node("gone", "running")] });
  assert(cache.rowOf(blocked, state).waitsFor[1]?.key !== undefined);

  foldInto(state, { type: "delete-nodes", ids: ["a"] });
  assertEquals(cache.rowOf(blocked, state).waitsFor[0]?.key, undefined);
});

Deno.test("a cached row is at any time what a new one would be", () => {
  fc.assert(fc.property(fc.array(flowMessages, { maxLength: 12 }), (messages) => {
    const state = emptyFlowState(FLOW);
    const cache = new RowCache();
    for (const message of messages) {
      foldInto(state, message);
      for (const it of state.nodes.values()) {
        // Half of all generated nodes wait for another one of the same few ids.
        if (it.label.length % 2 === 0) it.meta = { ...it.meta, blockedBy: ["fsn1/a", "hel1/b"] };
        assertEquals(cache.rowOf(it, state), nodeRow(it, state));
      }
    }
  }));
});

Deno.test("sameItems compares by identity and length", () => {
  assert(sameItems([1, 2], [1, 2]));
  assert(!sameItems([1, 2], [1]));
  assert(!sameItems([1], [1, 2]));
  assert(!sameItems([], undefined));
  assert(!sameItems([{}], [{}]));
});
