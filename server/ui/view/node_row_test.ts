import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { flowMessages } from "../../../contracts/testing/arbitraries.ts";
import { emptyFlowState, foldInto } from "../../../contracts/fold.ts";
import { nodeKey } from "../../../contracts/relationship_key.ts";
import { FLOW, node, row, stateOf } from "../testing/rows.ts";
import { nodeRow, tookUntil } from "./node_row.ts";

Deno.test("nodeRow says what meta says", () => {
  const failed = node("fsn1/bp-keycloak", "failed", {
    region: "fsn1",
    startedAt: 1_000,
    endedAt: 22_000,
    meta: {
      state: "stalled",
      reason: "RetriesExceeded",
      message: "Failed to install after 1 attempt(s)",
      since: 23_000,
    },
  });
  assertEquals(nodeRow(failed, stateOf(failed)), {
    key: nodeKey(failed),
    id: "fsn1/bp-keycloak",
    label: "bp-keycloak",
    region: "fsn1",
    phase: "failed",
    state: "Stalled",
    suspended: false,
    reason: "RetriesExceeded",
    message: "Failed to install after 1 attempt(s)",
    waitsFor: [],
    since: 23_000,
    startedAt: 1_000,
    endedAt: 22_000,
  });
});

Deno.test("nodeRow says the status where there is no state, and the id where there is no label", () => {
  const bare = { ...node("a", "rolling-back"), label: "" };
  const { state, label, phase } = nodeRow(bare, stateOf(bare));
  assertEquals([state, label, phase], ["Rolling back", "a", "other"]);
});

Deno.test("nodeRow marks what is suspended and keeps its last phase", () => {
  const it = node("a", "succeeded", { meta: { state: "suspended" } });
  const { suspended, phase, state } = nodeRow(it, stateOf(it));
  assertEquals([suspended, phase, state], [true, "succeeded", "Suspended"]);
});

Deno.test("nodeRow names what the node waits for, with its present phase", () => {
  const blocked = node("fsn1/b", "pending", { meta: { blockedBy: ["fsn1/a", "fsn1/gone", 7] } });
  const blocker = node("fsn1/a", "failed");
  assertEquals(nodeRow(blocked, stateOf(blocked, blocker)).waitsFor, [
    { key: nodeKey(blocker), label: "a", phase: "failed" },
    { key: undefined, label: "fsn1/gone", phase: "other" },
  ]);
});

Deno.test("nodeRow takes since from meta, then from the end, then from the start", () => {
  const since = (meta: Record<string, unknown>, more = {}) => {
    const it = node("a", "running", { startedAt: 5, ...more, meta });
    return nodeRow(it, stateOf(it)).since;
  };
  assertEquals(since({ since: 9 }, { endedAt: 7 }), 9);
  assertEquals(since({ since: "1970-01-01T00:00:01Z" }), 1_000);
  assertEquals(since({ since: "yesterday" }, { endedAt: 7 }), 7);
  assertEquals(since({}), 5);
  assertEquals(since({}, { status: "pending" }), undefined);
});

Deno.test("nodeRow leaves out times that no Date can hold", () => {
  const it = node("a", "running", { startedAt: 2 ** 53 - 1, meta: { since: 1e300 } });
  const { since, startedAt } = nodeRow(it, stateOf(it));
  assertEquals([since, startedAt], [undefined, undefined]);
});

Deno.test("nodeRow makes a line of any node that the contract allows", () => {
  fc.assert(fc.property(fc.array(flowMessages, { maxLength: 8 }), (messages) => {
    const state = emptyFlowState(FLOW);
    for (const message of messages) foldInto(state, message);
    for (const it of state.nodes.values()) {
      const { since, label, state: word } = nodeRow(it, state);
      assertEquals([typeof label, typeof word], ["string", "string"]);
      if (since !== undefined) new Date(since).toISOString();
    }
  }));
});

Deno.test("tookUntil grows while the node runs and stands once it has ended", () => {
  const running = row({ phase: "running", startedAt: 1_000 });
  assertEquals(tookUntil(running, 4_000), 3_000);
  assertEquals(tookUntil({ ...running, endedAt: 2_500 }, 4_000), 1_500);
  assertEquals(tookUntil({ ...running, phase: "pending" }, 4_000), undefined);
  assertEquals(tookUntil(row({ phase: "running" }), 4_000), undefined);
  assertEquals(tookUntil(running, 0), 0, "our clock may be behind");
});
