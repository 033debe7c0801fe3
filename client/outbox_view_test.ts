import { assertEquals, assertStrictEquals } from "@std/assert";
import type { FlowMessage } from "../contracts/flow.ts";
import { emptyFlowState, foldInto } from "../contracts/fold.ts";
import type { LogPosition } from "./outbox_http.ts";
import { afterPost, type View, viewOf } from "./outbox_view.ts";
import { edge, FLOW_ID, joinRoots, node, ownershipOf } from "./testing/outbox_world.ts";

const viewer = { flowId: FLOW_ID, owns: ownershipOf("fsn1"), flowRule: joinRoots };
const upsert: FlowMessage = { type: "upsert-nodes", nodes: [node("fsn1/a")] };

function snapshot(position?: LogPosition, etag?: string) {
  const state = emptyFlowState(FLOW_ID);
  foldInto(state, {
    type: "upsert-nodes",
    nodes: [
      node("fsn1"),
      node("fsn1/a"),
      node("hel1"),
      node("hel1/a"),
      node("nbg1", "running", { flowId: "sister" }),
    ],
  });
  foldInto(state, {
    type: "upsert-rels",
    relationships: [edge("fsn1/a", "fsn1"), edge("hel1/a", "fsn1/a")],
  });
  return { type: "snapshot" as const, state, flow: state.flow, position, etag };
}

Deno.test("a view holds what is ours, and of the others what the flow follows from", () => {
  const view = viewOf(viewer, snapshot(), undefined);
  assertEquals([...view.owned.nodes.values()].map(({ id }) => id), ["fsn1", "fsn1/a"]);
  assertEquals([...view.owned.relationships.values()], [edge("fsn1/a", "fsn1")]);
  assertEquals(view.watched.map(({ id }) => id), ["hel1"]);
});

Deno.test("without a rule for the flow nothing of the others is kept", () => {
  assertEquals(viewOf({ ...viewer, flowRule: undefined }, snapshot(), undefined).watched, []);
});

Deno.test("a flow that is absent is empty", () => {
  const view = viewOf(viewer, { type: "absent" }, undefined);
  assertEquals([view.owned.nodes.size, view.flow, view.position, view.etag], [
    0,
    undefined,
    undefined,
    undefined,
  ]);
});

Deno.test("a router that tells no position keeps the one of the last post", () => {
  const before = viewAt({ seq: 7 }, undefined);
  assertEquals(viewOf(viewer, snapshot(), before).position, { seq: 7 });
  // One that does tell it, only not in a form that we know, is believed.
  assertEquals(viewOf(viewer, snapshot(undefined, '"x"'), before).position, undefined);
});

function viewAt(position: LogPosition | undefined, etag: string | undefined): View {
  return { ...viewOf(viewer, { type: "absent" }, undefined), position, etag };
}

function post(view: View, position: LogPosition): View | undefined {
  return afterPost(view, [upsert], position);
}

Deno.test("what was accepted is known", () => {
  const view = viewOf(viewer, { type: "absent" }, undefined);
  const flow = { id: FLOW_ID, status: "running", startedAt: 1 };
  const after = afterPost(view, [upsert, { type: "upsert-flow", flow }], { seq: 2, epoch: "a" });
  assertEquals(after?.owned.nodes.size, 1);
  assertStrictEquals(after?.flow, flow);
});

Deno.test("a post that follows directly on what is known gives the ETag of the state after it", () => {
  assertEquals(
    post(viewAt({ seq: 4, epoch: "a" }, '"4-a"'), { seq: 5, epoch: "a" })?.etag,
    '"5-a"',
  );
  assertEquals(post(viewAt(undefined, undefined), { seq: 1, epoch: "a" })?.etag, '"1-a"');
});

Deno.test("a gap leaves the old ETag, so that the next look brings what lies in it", () => {
  const known = viewAt({ seq: 4, epoch: "a" }, '"4-a"');
  const gap = post(known, { seq: 6, epoch: "a" });
  assertEquals([gap?.etag, gap?.position], ['"4-a"', { seq: 6, epoch: "a" }]);
  // Also after further posts without a gap of their own.
  assertEquals(post(gap!, { seq: 7, epoch: "a" })?.etag, '"4-a"');
  assertEquals(post(viewAt(undefined, undefined), { seq: 3, epoch: "a" })?.etag, undefined);
});

Deno.test("a post into another log leaves nothing known", () => {
  const known = viewAt({ seq: 4, epoch: "a" }, '"4-a"');
  assertEquals(post(known, { seq: 5, epoch: "b" }), undefined);
  assertEquals(post(known, { seq: 5 }), undefined);
  assertEquals(post(known, { seq: 4, epoch: "a" }), undefined);
  assertEquals(post(viewAt({ seq: 4 }, undefined), { seq: 1 }), undefined);
  assertEquals(post(viewAt({ seq: 4 }, undefined), { seq: 9, epoch: "a" }), undefined);
});

Deno.test("a router without epochs gives no ETag to ask with", () => {
  assertEquals(post(viewAt({ seq: 4 }, undefined), { seq: 5 })?.etag, undefined);
});
