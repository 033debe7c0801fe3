import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { FlowNode } from "../../contracts/flow.ts";
import type { FluxEvent } from "../../contracts/flux_event.ts";
import { emptyFlowState, type FlowState, fold, snapshotOf } from "../../contracts/fold.ts";
import { parseFlowMessage } from "../../contracts/parse_message.ts";
import { nodeKey } from "../../contracts/relationship_key.ts";
import { flowNodes } from "../../contracts/testing/arbitraries.ts";
import { applyEvent } from "./apply_event.ts";
import { isOfEvents } from "./event_node.ts";
import { at, fluxEvent, fluxEvents, PLACE } from "./testing/events.ts";

const LATER = at("19:00:00");

function after(events: readonly FluxEvent[], state?: FlowState): FlowState {
  return events.reduce((before: FlowState, event) => {
    const effect = applyEvent(PLACE, event, before, LATER);
    return effect.result === "applied" ? effect.messages.reduce(fold, before) : before;
  }, state ?? emptyFlowState(PLACE.flowId));
}

function nodeOf(state: FlowState, id: string): FlowNode | undefined {
  return state.nodes.get(nodeKey({ flowId: PLACE.flowId, id }));
}

Deno.test("an event makes the node of its object, its region and the flow", () => {
  const state = after([fluxEvent({ kind: "HelmRelease", name: "bp-loki" })]);
  const { flow, nodes, relationships } = snapshotOf(state);
  assertEquals(nodes.map(({ id, status }) => [id, status]), [
    ["fsn1", "succeeded"],
    ["fsn1/bp-loki", "succeeded"],
  ]);
  assertEquals(relationships, [{ fromId: "fsn1/bp-loki", toId: "fsn1", type: "contains" }]);
  const { label, family, region, endedAt, meta } = nodeOf(state, "fsn1/bp-loki") ?? {};
  assertEquals([label, family, region, endedAt], ["bp-loki", "loki", "fsn1", at("18:00:00")]);
  const { notes, ...facts } = meta ?? {};
  assertEquals((notes as unknown[]).length, 1);
  assertEquals(facts, {
    kind: "HelmRelease",
    namespace: "flux-system",
    state: "succeeded",
    reason: "UpgradeSucceeded",
    message: "Helm upgrade succeeded for release flux-system/bp-loki.v2 with chart loki@1.4.3",
    since: at("18:00:00"),
    revision: "1.4.3",
    emittedBy: "flux-events",
  });
  assertEquals([flow.status, flow.startedAt, flow.endedAt], [
    "succeeded",
    at("18:00:00"),
    at("18:00:00"),
  ]);
});

Deno.test("in whatever order events come, and however often, the flow is the same", () => {
  fc.assert(fc.property(
    fc.array(fluxEvents, { maxLength: 30 }).chain((all) =>
      fc.tuple(
        fc.constant(all),
        fc.shuffledSubarray([...all, ...all], {
          minLength: all.length * 2,
          maxLength: all.length * 2,
        }),
      )
    ),
    ([all, shuffled]) => assertEquals(snapshotOf(after(shuffled)), snapshotOf(after(all))),
  ));
});

Deno.test("an event that is known changes nothing", () => {
  const state = after([fluxEvent()]);
  assertEquals(applyEvent(PLACE, fluxEvent(), state, LATER), { result: "unchanged" });
});

Deno.test("every message of every event keeps to the flow contract", () => {
  fc.assert(fc.property(fc.array(fluxEvents, { maxLength: 10 }), fluxEvents, (before, event) => {
    const effect = applyEvent(PLACE, event, after(before), LATER);
    if (effect.result !== "applied") return;
    for (const message of effect.messages) {
      assertEquals(parseFlowMessage(JSON.parse(JSON.stringify(message))), message);
    }
  }));
});

Deno.test("what others have written is never touched, whatever the event", () => {
  fc.assert(fc.property(fc.array(flowNodes, { maxLength: 6 }), fluxEvents, (nodes, event) => {
    const before = nodes.length === 0
      ? emptyFlowState(PLACE.flowId)
      : fold(emptyFlowState(PLACE.flowId), { type: "upsert-nodes", nodes });
    const state = after([event], before);
    for (const [key, node] of before.nodes) {
      if (!isOfEvents(node)) assertEquals(state.nodes.get(key), node);
    }
  }));
});

Deno.test("where an adapter reports the region, an event is ignored", () => {
  const region = { id: "fsn1", flowId: "rollout", label: "fsn1", status: "running" };
  const state = fold(emptyFlowState("rollout"), { type: "upsert-nodes", nodes: [region] });
  assertEquals(applyEvent(PLACE, fluxEvent(), state, LATER), { result: "ignored" });
  const elsewhere = applyEvent({ ...PLACE, regionKey: "hel1" }, fluxEvent(), state, LATER);
  assertEquals(elsewhere.result, "applied");
});

Deno.test("a blocked release names what it waits for by the id of its node", () => {
  const state = after([
    fluxEvent({
      reason: "DependencyNotReady",
      message: "dependency 'apps/bp-cilium' is not ready (last requeued 30s)",
    }),
  ]);
  const { status, startedAt, endedAt, meta } = nodeOf(state, "fsn1/bp-loki") ?? {};
  assertEquals([status, startedAt, endedAt], ["pending", undefined, undefined]);
  assertEquals(meta?.["blockedBy"], ["fsn1/apps/bp-cilium"]);
});

Deno.test("a failed upgrade stays failed after its rollback, and says why", () => {
  const message = "no such type\n\nLast Helm logs:\n\n18:00:59: performing update";
  const state = after([
    fluxEvent({ reason: "UpgradeFailed", severity: "error", message, at: "18:01:00" }),
    fluxEvent({ reason: "RollbackSucceeded", message: "rolled back", at: "18:01:09" }),
  ]);
  const { status, meta } = nodeOf(state, "fsn1/bp-loki") ?? {};
  assertEquals([status, meta?.["reason"]], ["failed", "RollbackSucceeded"]);
  assertEquals(meta?.["message"], "no such type; rolled back");
  const notes = meta?.["notes"] as { reason: string }[];
  assertEquals(notes.map(({ reason }) => reason), ["RollbackSucceeded", "UpgradeFailed"]);
  assertEquals(nodeOf(state, "fsn1")?.status, "failed");
});

Deno.test("an uninstalled release leaves the flow with its edge; its region stays", () => {
  const installed = after([fluxEvent(), fluxEvent({ name: "bp-mimir" })]);
  const state = after([
    fluxEvent({
      reason: "UninstallSucceeded",
      message: "Helm uninstall succeeded",
      at: "18:02:00",
    }),
  ], installed);
  assertEquals(snapshotOf(state).nodes.map(({ id }) => id), ["fsn1", "fsn1/bp-mimir"]);
  assertEquals(state.relationships.size, 1);
  const gone = fluxEvent({ name: "bp-x", reason: "UninstallSucceeded", message: "uninstalled" });
  assertEquals(applyEvent(PLACE, gone, state, LATER), { result: "unchanged" });
});

Deno.test("another region's part and what others wrote into the flow object stay", () => {
  const other = { id: "hel1", flowId: "rollout", label: "hel1", region: "hel1", family: "region" };
  let state = fold(emptyFlowState("rollout"), {
    type: "upsert-nodes",
    nodes: [{ ...other, status: "running", startedAt: 5 }],
  });
  const flow = { id: "rollout", status: "running", startedAt: 5, meta: { title: "November" } };
  state = fold(state, { type: "upsert-flow", flow });
  const after1 = after([fluxEvent()], state);
  assertEquals(after1.flow, flow);
  assertEquals(nodeOf(after1, "hel1")?.status, "running");
  assert(nodeOf(after1, "fsn1/bp-loki") !== undefined);
});
