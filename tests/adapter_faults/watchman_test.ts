import { assertEquals } from "@std/assert";
import type { FlowNode } from "../../contracts/flow.ts";
import { Backwards } from "./watchman.ts";

const node = (id: string, revision: number): FlowNode => ({
  id,
  flowId: "f",
  label: id,
  status: "running",
  family: "a",
  region: "fsn1",
  meta: { revision: `1.0.${revision}` },
});
const upsert = (...nodes: FlowNode[]) => ({ type: "upsert-nodes", nodes } as const);

Deno.test("a node that goes forward is fine, one that goes back is not", () => {
  const backwards = new Backwards();
  assertEquals(backwards.take(upsert(node("a", 1), node("b", 7))), []);
  assertEquals(backwards.take(upsert(node("a", 2), node("b", 7))), []);
  assertEquals(backwards.take(upsert(node("b", 6))), ["b went from 7 back to 6"]);
});

Deno.test("what was deleted must not come back, but to a router that forgot", () => {
  const backwards = new Backwards();
  backwards.take(upsert(node("a", 1)));
  backwards.take({ type: "delete-nodes", ids: ["a"] });
  assertEquals(backwards.take(upsert(node("a", 2))), ["a came back after it was deleted"]);
  backwards.forget();
  assertEquals(backwards.take(upsert(node("a", 1))), []);
});
