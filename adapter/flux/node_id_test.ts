import { assertEquals } from "@std/assert";
import fc from "fast-check";
import type { NamespaceFilter } from "../config.ts";
import { FLUX_KINDS, type FluxKind } from "./kinds.ts";
import { nodeId } from "./node_id.ts";

function idIn(namespaces: NamespaceFilter, kind: FluxKind = "HelmRelease"): string {
  const object = { kind, namespace: "flux-system", name: "bp-loki" };
  return nodeId({ regionKey: "fsn1", namespaces }, object);
}

Deno.test("a release of the one watched namespace has the original's id", () => {
  assertEquals(idIn(["flux-system"]), "fsn1/bp-loki");
});

Deno.test("any other release has its namespace in its id", () => {
  assertEquals(idIn(["flux-system", "media"]), "fsn1/flux-system/bp-loki");
  assertEquals(idIn("all"), "fsn1/flux-system/bp-loki");
  assertEquals(idIn(["media"]), "fsn1/flux-system/bp-loki");
});

Deno.test("any other kind is in its id as well", () => {
  assertEquals(idIn(["flux-system"], "Kustomization"), "fsn1/Kustomization/bp-loki");
  assertEquals(idIn("all", "GitRepository"), "fsn1/GitRepository/flux-system/bp-loki");
});

Deno.test("no two objects share an id", () => {
  const label = fc.constantFrom("a", "b", "flux-system", "bp-a", "kustomization");
  const kind = fc.constantFrom(...Object.keys(FLUX_KINDS) as FluxKind[]);
  const ref = fc.record({ kind, namespace: label, name: label });
  const filter: fc.Arbitrary<NamespaceFilter> = fc.oneof(
    fc.constant("all" as const),
    fc.tuple(label),
    fc.tuple(label, label),
  );
  fc.assert(fc.property(ref, ref, filter, (one, other, namespaces) => {
    const settings = { regionKey: "fsn1", namespaces };
    const same = one.namespace === other.namespace && one.name === other.name &&
      one.kind === other.kind;
    assertEquals(nodeId(settings, one) === nodeId(settings, other), same);
  }));
});
