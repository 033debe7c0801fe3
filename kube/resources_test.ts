import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { collectionPath, compareResourceVersions, objectKey } from "./resources.ts";

Deno.test("a collection's path follows the API's rules", () => {
  const releases = { group: "helm.toolkit.fluxcd.io", version: "v2", resource: "helmreleases" };
  assertEquals(collectionPath(releases), "/apis/helm.toolkit.fluxcd.io/v2/helmreleases");
  assertEquals(
    collectionPath(releases, "flux-system"),
    "/apis/helm.toolkit.fluxcd.io/v2/namespaces/flux-system/helmreleases",
  );
  const pods = { group: "", version: "v1", resource: "pods" };
  assertEquals(collectionPath(pods, "default"), "/api/v1/namespaces/default/pods");
});

Deno.test("a namespace cannot reach outside of its segment", () => {
  const pods = { group: "", version: "v1", resource: "pods" };
  assertEquals(collectionPath(pods, "../x?y"), "/api/v1/namespaces/..%2Fx%3Fy/pods");
});

Deno.test("a key names one object of a resource", () => {
  assertEquals(objectKey({ name: "a", namespace: "n" }), "n/a");
  assertEquals(objectKey({ name: "a" }), "a");
});

Deno.test("numeric versions compare as numbers, however long", () => {
  fc.assert(fc.property(fc.bigInt({ min: 0n }), fc.bigInt({ min: 0n }), (a, b) => {
    const order = compareResourceVersions(String(a), String(b));
    assert(order !== undefined);
    assertEquals(Math.sign(order), a === b ? 0 : a < b ? -1 : 1);
  }));
});

Deno.test("versions that are no canonical numbers are equal or incomparable", () => {
  assertEquals(compareResourceVersions("x7", "x7"), 0);
  for (const odd of ["", "x7", "007", "-1", "1.5", "1e3"]) {
    assertEquals(compareResourceVersions(odd, "9"), undefined);
    assertEquals(compareResourceVersions("9", odd), undefined);
  }
});
