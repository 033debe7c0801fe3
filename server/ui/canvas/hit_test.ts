import { assertEquals } from "@std/assert";
import { mapOf } from "../testing/maps.ts";
import { node } from "../testing/rows.ts";
import { groupAt, groupOf, nodeAt } from "./hit.ts";

const NODES = [
  node("vault", "running", { region: "fsn1" }),
  node("data", "running", { region: "fsn1" }),
  node("cilium", "running", { region: "fsn1" }),
];
const INSIDE = [{ fromId: "vault", toId: "data", type: "contains" as const }];
const open = mapOf(NODES, INSIDE);
const folded = mapOf(NODES, INSIDE, ["data"]);

const middle = ({ layout, key }: typeof open, id: string) => {
  const place = layout.nodes.get(key(id));
  return [(place?.x ?? 0) + 20, place?.y ?? 0] as const;
};

Deno.test("a point within a box is its node's, one beside all boxes is no one's", () => {
  const at = middle(open, "cilium");
  assertEquals(nodeAt(open.graph, open.layout, at)?.key, open.key("cilium"));
  assertEquals(nodeAt(open.graph, open.layout, [at[0] - 30, at[1]]), undefined);
  assertEquals(nodeAt(open.graph, open.layout, [at[0], at[1] + 20]), undefined);
});

Deno.test("a folded group is at its box, an unfolded one anywhere in its lane but at its nodes", () => {
  assertEquals(groupAt(folded.graph, folded.layout, middle(folded, "data")), folded.key("data"));
  assertEquals(groupAt(folded.graph, folded.layout, middle(folded, "cilium")), undefined);
  const [x, y] = middle(open, "vault");
  assertEquals(groupAt(open.graph, open.layout, [x, y]), undefined);
  assertEquals(groupAt(open.graph, open.layout, [x - 30, y]), open.key("data"));
});

Deno.test("a node belongs to the group that it stands for or is in", () => {
  assertEquals(groupOf(folded.graph, folded.key("data")), folded.key("data"));
  assertEquals(groupOf(open.graph, open.key("vault")), open.key("data"));
  assertEquals(groupOf(open.graph, open.key("cilium")), undefined);
  assertEquals(groupOf(open.graph, "nobody"), undefined);
});
