import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { parentsOf } from "./parents.ts";
import { entry, kustomization } from "./testing/kustomization.ts";

const settings = { regionKey: "fsn1", namespaces: ["flux-system"] } as const;

function parents(applied: Record<string, string[]>): [string, string][] {
  const list = Object.entries(applied).map(([name, entries]) =>
    kustomization({
      name,
      status: {
        inventory: {
          entries: entries.map((text) => {
            const [kind = "", child = ""] = text.split(" ");
            return entry(kind, child);
          }),
        },
      },
    })
  );
  return [...parentsOf(settings, list)].sort();
}

Deno.test("what a Kustomization has applied is a part of it", () => {
  assertEquals(
    parents({
      apps: ["HelmRelease bp-a", "Deployment web"],
      "flux-system": ["Kustomization apps", "GitRepository flux-system"],
    }),
    [
      ["fsn1/GitRepository/flux-system", "fsn1/Kustomization/flux-system"],
      ["fsn1/Kustomization/apps", "fsn1/Kustomization/flux-system"],
      ["fsn1/bp-a", "fsn1/Kustomization/apps"],
    ],
  );
});

Deno.test("one that applies itself, as Flux's own does, is no part of itself", () => {
  assertEquals(parents({ "flux-system": ["Kustomization flux-system"] }), []);
});

Deno.test("two that claim the same object: the first has it", () => {
  assertEquals(parents({ a: ["HelmRelease bp-x"], b: ["HelmRelease bp-x"] }), [
    ["fsn1/bp-x", "fsn1/Kustomization/a"],
  ]);
});

Deno.test("whatever the inventories say, it is a tree", () => {
  const name = fc.constantFrom("a", "b", "c", "d");
  const claims = fc.dictionary(name, fc.array(name.map((child) => `Kustomization ${child}`)), {
    noNullPrototype: true,
  });
  fc.assert(fc.property(claims, (applied) => {
    const parentOf = new Map(parents(applied));
    for (const start of parentOf.keys()) {
      let steps = 0;
      for (let at: string | undefined = start; at !== undefined; at = parentOf.get(at)) {
        assert(steps++ <= parentOf.size, `${start} is above itself`);
      }
    }
  }));
});
