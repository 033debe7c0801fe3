import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import { parseFlowMessage } from "../../contracts/parse_message.ts";
import { emptyFlowState, foldInto } from "../../contracts/fold.ts";
import type { HelmChart } from "./helm_chart.ts";
import type { HelmRelease } from "./helm_release.ts";
import { mapRegion, type RegionMap, type RegionSettings } from "./map_region.ts";
import { ownershipOf } from "./ownership.ts";
import { condition, ready, release } from "./testing/release.ts";

const settings: RegionSettings = {
  flowId: "dep-1",
  regionKey: "fsn1",
  namespaces: ["flux-system"],
  kinds: ["HelmRelease", "HelmChart"],
  statusMapping: "flux",
};

function map(releases: HelmRelease[], more: Partial<RegionSettings> = {}): RegionMap {
  return mapRegion({ releases, charts: [] }, { ...settings, ...more });
}

const edges = ({ relationships }: RegionMap) =>
  relationships.map(({ fromId, type, toId }) => `${fromId} ${type} ${toId}`);

Deno.test("an empty cluster is its region", () => {
  const { flow, nodes, relationships } = map([]);
  assertEquals(nodes.map(({ id, status }) => [id, status]), [["fsn1", "pending"]]);
  assertEquals(relationships, []);
  assertEquals([flow.id, flow.status, flow.startedAt], ["dep-1", "pending", 0]);
});

Deno.test("releases hang below their region and follow their dependencies", () => {
  const region = map([
    release({ name: "bp-b", spec: { dependsOn: [{ name: "bp-a" }, { name: "bp-missing" }] } }),
    release({ name: "bp-a" }),
  ]);
  assertEquals(region.nodes.map(({ id }) => id), ["fsn1", "fsn1/bp-a", "fsn1/bp-b"]);
  assertEquals(edges(region), [
    "fsn1/bp-a contains fsn1",
    "fsn1/bp-b contains fsn1",
    "fsn1/bp-a finish-to-start fsn1/bp-b",
  ]);
});

Deno.test("releases of the same name in two namespaces are two nodes", () => {
  const region = map([
    release({ name: "bp-a", namespace: "one" }),
    release({
      name: "bp-a",
      namespace: "two",
      spec: { dependsOn: [{ name: "bp-a", namespace: "one" }] },
    }),
  ], { namespaces: "all" });
  assertEquals(region.nodes.map(({ id }) => id), ["fsn1", "fsn1/one/bp-a", "fsn1/two/bp-a"]);
  assertEquals(edges(region).at(-1), "fsn1/one/bp-a finish-to-start fsn1/two/bp-a");
});

Deno.test("the status mapping reaches the node, the region and the flow", () => {
  const releases = [release({ conditions: [ready("False", "TestFailed")] })];
  for (const [statusMapping, status] of [["flux", "failed"], ["seed", "running"]] as const) {
    const { flow, nodes } = map(releases, { statusMapping });
    assertEquals([flow.status, ...nodes.map((node) => node.status)], [status, status, status]);
  }
});

Deno.test("a stalled release is held through a reconcile, unless it is another object", () => {
  const failed = ready("False", "InstallFailed", "timeout");
  const reconciling = condition("Reconciling", "True", "Progressing", "Fulfilling prerequisites");
  const stalled = condition("Stalled", "True", "RetriesExceeded", "Failed to install");
  const before = map([release({ conditions: [stalled, failed] })]);
  const during = (uid?: string) =>
    mapRegion(
      {
        releases: [release({ conditions: [reconciling, failed], ...(uid && { uid }) })],
        charts: [],
      },
      settings,
      before,
    ).nodes.at(-1)?.meta?.["state"];
  assertEquals(during(), "stalled");
  assertEquals(during("another"), "failed");
});

Deno.test("what has not changed is taken over, what has is mapped anew", () => {
  const [a, b] = [release({ name: "bp-a" }), release({ name: "bp-b" })];
  const chart: HelmChart = {
    namespace: "flux-system",
    name: "flux-system-bp-b",
    conditions: [],
    origin: undefined,
    revision: "1.0.0",
  };
  const before = map([a, b]);
  const after = mapRegion({ releases: [a, b], charts: [chart] }, settings, before);
  assertStrictEquals(after.nodes[1], before.nodes[1]);
  assertEquals(after.nodes[2]?.meta?.["source"], {
    kind: "HelmChart",
    name: "flux-system-bp-b",
    ready: false,
    revision: "1.0.0",
  });
});

const name = fc.constantFrom("bp-a", "bp-b", "bp-c", "d");
const namespace = fc.constantFrom("flux-system", "media");
const releases = fc.uniqueArray(
  fc.record({
    name,
    namespace,
    dependsOn: fc.array(fc.record({ name, namespace }), { maxLength: 3 }),
    reason: fc.constantFrom("InstallFailed", "Progressing", "DependencyNotReady"),
    status: fc.constantFrom("True", "False", "Unknown"),
  }),
  { selector: ({ name, namespace }) => `${namespace}/${name}` },
).map((list) =>
  list.map(({ dependsOn, reason, status, ...ref }) =>
    release({ ...ref, spec: { dependsOn }, conditions: [ready(status, reason)] })
  )
);
const filters = fc.constantFrom<RegionSettings["namespaces"][]>(
  "all",
  ["flux-system"],
  ["flux-system", "media"],
);

Deno.test("every map is a tree below the region with edges between nodes that exist", () => {
  fc.assert(fc.property(releases, filters, (list, namespaces) => {
    const { nodes, relationships } = map(list, { namespaces });
    const ids = new Set(nodes.map(({ id }) => id));
    assertEquals(ids.size, list.length + 1);
    const owns = ownershipOf("dep-1", "fsn1");
    for (const node of nodes) assert(owns.node(node));
    for (const edge of relationships) {
      assert(ids.has(edge.fromId) && ids.has(edge.toId));
      assert(owns.relationship(edge));
    }
    const contained = relationships.filter(({ type }) => type === "contains");
    assertEquals(contained.length, list.length);
    for (const { toId } of contained) assertEquals(toId, "fsn1");
  }));
});

Deno.test("every map follows the flow contract", () => {
  fc.assert(fc.property(releases, filters, (list, namespaces) => {
    const { flow, nodes, relationships } = map(list, { namespaces });
    // Over the wire and back: no undefined, no NaN, nothing that JSON would change.
    const snapshot = JSON.parse(JSON.stringify({ type: "snapshot", flow, nodes, relationships }));
    assertEquals(parseFlowMessage(snapshot), {
      type: "snapshot",
      flow,
      nodes: [...nodes],
      relationships: [...relationships],
    });
    const state = emptyFlowState("dep-1");
    foldInto(state, parseFlowMessage(snapshot));
    assertEquals(state.relationships.size, relationships.length);
  }));
});

Deno.test("the order in which objects come does not matter", () => {
  fc.assert(fc.property(releases, filters, (list, namespaces) => {
    assertEquals(map([...list].reverse(), { namespaces }), map(list, { namespaces }));
  }));
});

Deno.test("a dependency that leaves the spec takes its edge with it, and nothing else", () => {
  fc.assert(fc.property(releases, fc.nat(), fc.nat(), (list, which, entry) => {
    const object = list[which % Math.max(list.length, 1)];
    const dependency = object?.dependsOn[entry % Math.max(object.dependsOn.length, 1)];
    if (object === undefined || dependency === undefined) return;
    const dependsOn = object.dependsOn.filter((other) => other !== dependency);
    const before = edges(map(list, { namespaces: "all" }));
    const after = edges(
      map(list.map((other) => other === object ? { ...object, dependsOn } : other), {
        namespaces: "all",
      }),
    );
    const id = (ref: { namespace: string; name: string }) => `fsn1/${ref.namespace}/${ref.name}`;
    const gone = `${id(dependency)} finish-to-start ${id(object)}`;
    assertEquals(after, before.filter((edge) => edge !== gone));
  }));
});

Deno.test("a release that is deleted takes every edge at either end with it", () => {
  fc.assert(fc.property(releases, fc.nat(), (list, which) => {
    const object = list[which % Math.max(list.length, 1)];
    if (object === undefined) return;
    const id = `fsn1/${object.namespace}/${object.name}`;
    const after = map(list.filter((other) => other !== object), { namespaces: "all" });
    assertEquals(
      edges(after),
      edges(map(list, { namespaces: "all" })).filter((edge) => !edge.split(" ").includes(id)),
    );
  }));
});
