import { assertEquals } from "@std/assert";
import { mapOf } from "../testing/maps.ts";
import { node } from "../testing/rows.ts";
import type { Phase } from "../view/phase.ts";
import { type MapLooks, marksOf } from "./marks.ts";

const { graph, near, key } = mapOf(
  [
    node("vault", "failed", { region: "fsn1", family: "store" }),
    node("harbor", "pending", { region: "fsn1", family: "store" }),
    node("cilium", "succeeded", { region: "hel1", family: "net" }),
    node("gitea", "pending", { region: "hel1", family: "code", meta: { blockedBy: ["vault"] } }),
  ],
  [{ fromId: "vault", toId: "harbor", type: "finish-to-start" }],
);
const LOOKS: MapLooks = {
  filter: { text: "", phases: new Set() },
  region: undefined,
  family: undefined,
  culprits: true,
  path: [],
};
const marks = (looks: Partial<MapLooks>) => marksOf(graph, near, { ...LOOKS, ...looks });
const keys = (...ids: string[]) => new Set(ids.map(key));

Deno.test("what has failed stands out with all that it blocks, by an edge or by its own word", () => {
  const { forward, filtering } = marks({});
  assertEquals([forward, filtering], [keys("vault", "harbor", "gitea"), false]);
});

Deno.test("without culprits nothing stands out, but what is blocked is still known", () => {
  const { forward, blocked } = marks({ culprits: false });
  assertEquals([forward, blocked], [undefined, keys("vault", "harbor", "gitea")]);
});

Deno.test("region, family, phase and words all have to fit", () => {
  const hits = (looks: Partial<MapLooks>) => new Set(marks(looks).hits);
  assertEquals(hits({ region: "hel1" }), keys("cilium", "gitea"));
  assertEquals(hits({ family: "store" }), keys("vault", "harbor"));
  const pending = { text: "", phases: new Set<Phase>(["pending"]) };
  assertEquals(hits({ filter: pending }), keys("harbor", "gitea"));
  assertEquals(hits({ filter: pending, region: "fsn1" }), keys("harbor"));
  assertEquals(hits({ filter: { ...pending, text: "nothing" } }), new Set());
});

Deno.test("a filter outdoes the critical path, and that outdoes the failures", () => {
  const path = [key("cilium")];
  assertEquals(marks({ path }).forward, keys("cilium"));
  assertEquals(marks({ path, family: "store" }).forward, keys("vault", "harbor"));
});
