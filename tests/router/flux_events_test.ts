/** What the router makes of Flux events must be what an adapter would make: they share no code. */
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import type { NamespaceFilter } from "../../adapter/config.ts";
import { nodeId } from "../../adapter/flux/node_id.ts";
import { objectId } from "../../server/flux_events/object_id.ts";
import { readPlace } from "../../server/flux_events/place.ts";

const names = fc.constantFrom("flux-system", "apps", "bp-loki");
const kinds = fc.constantFrom("HelmRelease", "Kustomization", "GitRepository", "OCIRepository");

Deno.test("an object's node has the id that an adapter with the same settings gives it", () => {
  const filters = fc.constantFrom<[string, NamespaceFilter][]>(
    ["flux-system", ["flux-system"]],
    ["apps", ["apps"]],
    ["*", "all"],
    ["apps,flux-system", ["apps", "flux-system"]],
  );
  fc.assert(
    fc.property(filters, kinds, names, names, ([query, namespaces], kind, namespace, name) => {
      const settings = { flow: "rollout", region: "fsn1", namespace: query };
      const place = readPlace((name) => settings[name as keyof typeof settings], {});
      const object = { kind, namespace, name };
      assertEquals(objectId(place, object), nodeId({ regionKey: "fsn1", namespaces }, object));
    }),
  );
});
