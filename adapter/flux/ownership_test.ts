import { assert } from "@std/assert";
import type { FlowNode, Relationship } from "../../contracts/flow.ts";
import { ownershipOf } from "./ownership.ts";

const ours = ownershipOf("dep-1", "fsn1");
const node = (id: string): FlowNode => ({ id, flowId: "dep-1", label: id, status: "pending" });

Deno.test("a region owns itself and what is below it, not what merely begins alike", () => {
  for (const id of ["fsn1", "fsn1/bp-a", "fsn1/media/bp-a"]) assert(ours.node(node(id)), id);
  for (const id of ["fsn", "fsn10", "fsn1:bp-a", "fsn10/bp-a", "hel1/fsn1/bp-a"]) {
    assert(!ours.node(node(id)), id);
  }
});

Deno.test("a region owns the edges that it draws between its own nodes", () => {
  const edge: Relationship = { fromId: "fsn1/bp-a", toId: "fsn1/bp-b", type: "finish-to-start" };
  assert(ours.relationship(edge));
  assert(ours.relationship({ ...edge, toId: "fsn1", type: "contains" }));
  assert(ours.relationship({ ...edge, fromFlowId: "dep-1", toFlowId: "dep-1" }));
  assert(!ours.relationship({ ...edge, toId: "hel1/bp-b" }));
  assert(!ours.relationship({ ...edge, fromId: "hel1/bp-b" }));
  assert(!ours.relationship({ ...edge, toFlowId: "dep-2" }));
  assert(!ours.relationship({ ...edge, type: "triggers" }));
});
