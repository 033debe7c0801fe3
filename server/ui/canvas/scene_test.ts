import { assert, assertEquals } from "@std/assert";
import type { Relationship } from "../../../contracts/flow.ts";
import type { FlowState } from "../../../contracts/fold.ts";
import { layout, type LayoutInput } from "../layout/layout.ts";
import { FLOW, node, stateOf } from "../testing/rows.ts";
import { Scene, type SceneChange } from "./scene.ts";

const LOOKS = {
  filter: { text: "", phases: new Set<never>() },
  region: undefined,
  family: undefined,
  culprits: true,
  path: false,
};
const key = (id: string) => `${FLOW}\0${id}`;

/** A scene whose layouts are made when the test wants them. */
function staged() {
  const asked: LayoutInput[] = [];
  const changes: SceneChange[] = [];
  const scene = new Scene({ request: (input) => void asked.push(input) }, (it) => changes.push(it));
  return {
    scene,
    asked,
    changes,
    show: (...nodes: Parameters<typeof stateOf>) => scene.show(stateOf(...nodes), 0),
    lay() {
      const input = asked.at(-1);
      if (input !== undefined) scene.lay(layout(input));
    },
  };
}

Deno.test("a structure is shown once it has been laid out, and laid out once", () => {
  const { scene, asked, changes, show, lay } = staged();
  show(node("a", "running"));
  show(node("a", "succeeded"));
  assertEquals([asked.length, changes.length, scene.graph.nodes.size], [1, 0, 0]);
  lay();
  assertEquals(changes.map(({ laidOut }) => laidOut), [true]);
  assertEquals(scene.graph.nodes.get(key("a"))?.row.phase, "succeeded", "the latest state counts");
  show(node("a", "failed"));
  assertEquals(asked.length, 1);
});

Deno.test("only nodes that say something new have changed", () => {
  const { changes, show, lay } = staged();
  const still = node("still", "running");
  show(still, node("a", "pending"));
  lay();
  show(still, node("a", "running"));
  assertEquals(changes.at(-1)?.changed.map((it) => it.key), [key("a")]);
  const before = changes.length;
  show(still);
  lay();
  assertEquals(changes.slice(before).map(({ laidOut }) => laidOut), [true]);
});

Deno.test("what an edge says anew is a change, though no node says anything", () => {
  const { changes, scene, lay } = staged();
  const state = stateOf(node("a", "running"), node("b", "running"));
  const labelled = (label: string): FlowState => {
    const edge: Relationship = {
      fromId: "a",
      toId: "b",
      type: "start-to-start",
      label,
    };
    return { ...state, relationships: new Map([["a b", edge]]) };
  };
  scene.show(labelled("1/s"), 0);
  lay();
  scene.show(labelled("1/s"), 0);
  assertEquals(changes.length, 1);
  scene.show(labelled("2/s"), 0);
  assertEquals(changes.at(-1), { laidOut: false, marked: false, changed: [], labelled: true });
});

Deno.test("nothing new is no change", () => {
  const { changes, show, lay } = staged();
  const same = node("a", "running");
  show(same);
  lay();
  show(same);
  assertEquals(changes.length, 1);
});

Deno.test("a failure brings others forward, and a filter hides the rest", () => {
  const { scene, changes, show, lay } = staged();
  show(node("a", "running"), node("b", "running"));
  lay();
  show(node("a", "failed"), node("b", "running"));
  assertEquals(changes.at(-1)?.marked, true);
  assertEquals(scene.marks.forward, new Set([key("a")]));
  assertEquals(scene.isHidden(key("b")), false, "dimmed is not hidden");
  scene.look({ ...LOOKS, filter: { ...LOOKS.filter, text: "a" } });
  assertEquals([scene.isHidden(key("a")), scene.isHidden(key("b"))], [false, true]);
});

Deno.test("a layout that nobody waits for any more is left aside", () => {
  const { scene, changes } = staged();
  scene.lay(layout({ nodes: [], edges: [], lanes: [] }));
  assertEquals([scene.layout, changes.length], [undefined, 0]);
});

Deno.test("a folded group is one box, until it is unfolded", () => {
  const { scene, asked, lay } = staged();
  const state: FlowState = stateOf(node("data", "running"), node("vault", "running"));
  state.relationships.set("r", { fromId: "vault", toId: "data", type: "contains" });
  const keys = () => {
    scene.show(state, 0);
    lay();
    return [...scene.graph.nodes.keys()];
  };
  assertEquals(keys(), [key("vault")]);
  scene.toggleFold(key("data"));
  assertEquals(keys(), [key("data")]);
  scene.toggleFold(key("data"));
  assertEquals([keys(), asked.length], [[key("vault")], 3]);
});

Deno.test("a high map fills the view for as long as it is fitted", () => {
  let room: { width: number; height: number } | undefined = { width: 1_400, height: 400 };
  const changes: SceneChange[] = [];
  let asked: LayoutInput | undefined;
  const scene = new Scene(
    { request: (input) => void (asked = input) },
    (change) => changes.push(change),
    () => room,
  );
  const show = (count: number) => {
    scene.show(stateOf(...Array.from({ length: count }, (_, at) => node(`n${at}`, "running"))), 0);
    if (asked !== undefined) scene.lay(layout(asked));
  };
  show(30);
  const { width = 0 } = scene.layout ?? {};
  room = { width: 4_000, height: 400 };
  scene.fill();
  assert((scene.layout?.width ?? 0) > width);
  assertEquals(changes.map(({ laidOut }) => laidOut), [true, true]);
  scene.fill();
  assertEquals(changes.length, 2, "nothing is new");
  const wide = scene.layout?.spacing;
  room = undefined;
  show(40);
  assertEquals(scene.layout?.spacing, wide, "who has looked closer is not disturbed");
});
