import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { FlowNode } from "../../contracts/flow.ts";
import { behind, latest, type Versions, versionsOf, withVersions } from "./region_versions.ts";

const region: FlowNode = {
  id: "fsn1",
  flowId: "dep-1",
  label: "fsn1",
  status: "running",
  meta: { kind: "Region" },
};

Deno.test("versions are written into a region node and read from it", () => {
  const versions = { "HelmRelease/flux-system": "12", "HelmChart/flux-system": "9" };
  const node = withVersions(region, versions);
  assertEquals(versionsOf(node), versions);
  assertEquals(Object.keys(versionsOf(node)), [
    "HelmChart/flux-system",
    "HelmRelease/flux-system",
  ]);
  assertEquals(withVersions(node, {}), region);
});

Deno.test("what others may have written there is not trusted", () => {
  const versionsIn = (resourceVersions: unknown) =>
    versionsOf({ ...region, meta: { resourceVersions } });
  for (const junk of [undefined, null, 1, "x", []]) assertEquals(versionsIn(junk), {});
  assertEquals(versionsIn({ HelmRelease: 7, HelmChart: "8" }), { HelmChart: "8" });
  assertEquals(versionsOf(undefined), {});
});

Deno.test("one is behind where the other is later, and only there", () => {
  assertEquals(behind({ a: "9", b: "5" }, { a: "10", b: "5" }), ["a"]);
  assertEquals(behind({ a: "9" }, { a: "9" }), []);
  assertEquals(behind({ a: "9" }, { b: "99" }), [], "what is not watched says nothing");
  assertEquals(behind({ a: "9" }, { a: "opaque" }), [], "nor what cannot be compared");
});

const versions: fc.Arbitrary<Versions> = fc.dictionary(
  fc.constantFrom("a", "b", "c"),
  fc.nat(20).map(String),
  { noNullPrototype: true },
);

Deno.test("the latest of two is behind neither, and the order does not matter", () => {
  fc.assert(fc.property(versions, versions, (one, other) => {
    const keys = [...Object.keys(one), ...Object.keys(other)];
    const both = latest(keys, one, other);
    assertEquals(behind(both, one), []);
    assertEquals(behind(both, other), []);
    assertEquals(latest(keys, other, one), both);
    assertEquals(latest(keys, both, one), both);
    for (const key of keys) assert(both[key] === one[key] || both[key] === other[key]);
  }));
});
