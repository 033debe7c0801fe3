import { assertEquals } from "@std/assert";
import type { Waiting } from "./dependencies.ts";
import { readExpected, readManifests } from "./manifests.ts";

const slot = (name: string, label: string, version: string, dependsOn: string[]) => `
# A repository stands beside the release.
kind: HelmRepository
metadata: { name: repo }
---
kind: HelmRelease
metadata:
  name: ${name}
  labels: { catalyst.openova.io/slot: "${label}" }
spec:
  dependsOn: [${dependsOn.map((one) => `{ name: ${one} }`).join(", ")}]
  chart: { spec: { chart: router, version: ${version} } }
`;
const VERSIONS = new Map([["router", "0.1.0"]]);
const file = (path: string, text: string) => ({ path, text });

Deno.test("slots and blueprints are read as what they wait for", () => {
  const blueprint = `
metadata: { name: bp-b }
spec: { depends: [{ blueprint: bp-a, version: ">=1.0.0" }] }
`;
  assertEquals(
    readManifests(
      [file("bootstrap/56-bp-a.yaml", slot("bp-a", "56", "0.1.0", ["x", "y"]))],
      [file("bp-b/blueprint.yaml", blueprint)],
      VERSIONS,
    ),
    {
      dependencies: new Map<string, Waiting>([
        ["bp-a", { slot: 56, dependsOn: ["x", "y"] }],
        ["bp-b", { dependsOn: ["bp-a"] }],
      ]),
      problems: [],
    },
  );
});

Deno.test("a slot that contradicts its file, its label or its chart is named", () => {
  const { problems } = readManifests(
    [
      file("bootstrap/56-bp-a.yaml", slot("bp-z", "57", "0.2.1", [])),
      file("bootstrap/58-bp-z.yaml", slot("bp-z", "58", "0.1.0", [])),
      file("bootstrap/59-none.yaml", "kind: HelmRepository\n"),
    ],
    [],
    VERSIONS,
  );
  assertEquals(problems, [
    'bootstrap/56-bp-a.yaml: label catalyst.openova.io/slot is 57, expected "56"',
    "bootstrap/56-bp-a.yaml: the HelmRelease is bp-z, not what the file is named after",
    "bootstrap/56-bp-a.yaml pins router 0.2.1, but the chart is 0.1.0",
    "bootstrap/58-bp-z.yaml: bp-z is there twice",
    "bootstrap/59-none.yaml has 0 HelmReleases, expected one",
  ]);
});

Deno.test("the expected file names slots, and what is of other kits", () => {
  const text = "slots:\n  a: { slot: 1, dependsOn: [b] }\n  b: { external: true, dependsOn: [] }\n";
  assertEquals(
    readExpected(text),
    new Map<string, Waiting>([
      ["a", { slot: 1, dependsOn: ["b"] }],
      ["b", { external: true, dependsOn: [] }],
    ]),
  );
});
