/** What the router makes of Flux events must be what an adapter would make: parts share no code. */
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import type { NamespaceFilter } from "../../adapter/config.ts";
import { flowOf } from "../../adapter/flux/flow_object.ts";
import { nodeId } from "../../adapter/flux/node_id.ts";
import { isRegionNode } from "../../adapter/flux/region_node.ts";
import { flowInstances, flowNodes } from "../../contracts/testing/arbitraries.ts";
import { objectId } from "../../server/flux_events/object_id.ts";
import { readPlace } from "../../server/flux_events/place.ts";
import { flowOfRegions } from "../../server/flux_events/region.ts";

const names = fc.constantFrom("flux-system", "apps", "bp-loki");

Deno.test("an object's node has the id that an adapter with the same settings gives it", () => {
  const filters = fc.constantFrom<[string, NamespaceFilter][]>(
    ["flux-system", ["flux-system"]],
    ["apps", ["apps"]],
    ["*", "all"],
    ["apps,flux-system", ["apps", "flux-system"]],
  );
  fc.assert(fc.property(filters, names, names, ([query, namespaces], namespace, name) => {
    const settings = { flow: "rollout", region: "fsn1", namespace: query };
    const place = readPlace((name) => settings[name as keyof typeof settings], {});
    const object = { kind: "HelmRelease", namespace, name };
    const adapter = { regionKey: "fsn1", namespaces };
    assertEquals(objectId(place, object), nodeId(adapter, object));
  }));
});

Deno.test("the flow object is what an adapter makes of the same regions", () => {
  const regions = fc.array(
    flowNodes.map((node) => ({ ...node, region: node.id, family: "region" })),
    { maxLength: 4 },
  );
  fc.assert(fc.property(flowInstances, regions, fc.array(flowNodes), (current, some, others) => {
    const nodes = [...some, ...others.filter((node) => !isRegionNode(node))];
    const { meta: _, ...adapter } = flowOf(current.id, nodes, current);
    const { meta: kept, ...events } = flowOfRegions(current, some);
    assertEquals(events, adapter);
    assertEquals(kept, current.meta);
  }));
});
