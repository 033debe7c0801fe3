import { assertEquals } from "@std/assert";
import fc from "fast-check";
import type { NamespaceFilter } from "../config.ts";
import { nodeId } from "./node_id.ts";

const loki = { namespace: "flux-system", name: "bp-loki" };

function idIn(namespaces: NamespaceFilter): string {
  return nodeId({ regionKey: "fsn1", namespaces }, loki);
}

Deno.test("a release of the one watched namespace has the original's id", () => {
  assertEquals(idIn(["flux-system"]), "fsn1/bp-loki");
});

Deno.test("any other release has its namespace in its id", () => {
  assertEquals(idIn(["flux-system", "media"]), "fsn1/flux-system/bp-loki");
  assertEquals(idIn("all"), "fsn1/flux-system/bp-loki");
  assertEquals(idIn(["media"]), "fsn1/flux-system/bp-loki");
});

Deno.test("no two releases share an id", () => {
  const label = fc.constantFrom("a", "b", "flux-system", "bp-a");
  const ref = fc.record({ namespace: label, name: label });
  const filter: fc.Arbitrary<NamespaceFilter> = fc.oneof(
    fc.constant("all" as const),
    fc.tuple(label),
    fc.tuple(label, label),
  );
  fc.assert(fc.property(ref, ref, filter, (one, other, namespaces) => {
    const settings = { regionKey: "fsn1", namespaces };
    const same = one.namespace === other.namespace && one.name === other.name;
    assertEquals(nodeId(settings, one) === nodeId(settings, other), same);
  }));
});
