import { assert, assertEquals, assertFalse } from "@std/assert";
import type { GoTool } from "./catalog.ts";
import { cachePath, choose, outsidePlaces, type Sighting } from "./locate.ts";

const tool: GoTool = {
  name: "etcd",
  folder: "etcd",
  module: "example.org/etcd",
  package: "example.org/etcd",
  oldest: "3.6.0",
  versionArgs: ["--version"],
  stamp: () => ({}),
};

const assets: Sighting = {
  origin: "KUBEBUILDER_ASSETS",
  path: "/k8s/bin/etcd",
  printed: "etcd Version: 3.6.8\n",
};
const path: Sighting = { origin: "PATH", path: "/usr/bin/etcd", printed: "etcd Version: 3.7.0\n" };
const cache: Sighting = { origin: "cache", path: "/cache/etcd", printed: "v3.6.16" };

Deno.test("places outside the cache: KUBEBUILDER_ASSETS first, then PATH in its order", () => {
  const places = outsidePlaces("etcd", {
    cache: "/cache",
    assets: "/k8s/bin",
    path: ["/usr/local/bin", "/usr/bin"],
  });
  assertEquals(places.map(({ path }) => path), [
    "/k8s/bin/etcd",
    "/usr/local/bin/etcd",
    "/usr/bin/etcd",
  ]);
  assertEquals(places[0]?.origin, "KUBEBUILDER_ASSETS");
});

Deno.test("the first binary that is new enough is taken", () => {
  for (
    const [sightings, origin] of [
      [[assets, path, cache], "KUBEBUILDER_ASSETS"],
      [[path, cache], "PATH"],
      [[cache], "cache"],
    ] as const
  ) {
    const located = choose(tool, sightings);
    assert(located.found);
    assertEquals(located.origin, origin);
  }
});

Deno.test("an older binary is passed over and the reason is kept", () => {
  const old = { ...path, printed: "etcd Version: 3.5.21" };
  const located = choose(tool, [old]);
  assertFalse(located.found);
  assertEquals(located.reasons, ["/usr/bin/etcd (PATH) is v3.5.21, older than v3.6.0"]);
  assert(choose(tool, [old, cache]).found);
});

Deno.test("a binary that does not say its version is passed over", () => {
  const located = choose(tool, [{ ...path, printed: "usage: etcd [flags]" }]);
  assertFalse(located.found);
  assertEquals(located.reasons, ["/usr/bin/etcd (PATH) does not say its version"]);
});

Deno.test("nothing seen: the tool has to be built, and there is nothing to explain", () => {
  assertEquals(choose(tool, []), { found: false, reasons: [] });
});

Deno.test("paths in the cache differ by version and platform", () => {
  assertEquals(
    cachePath("/cache", "etcd", "v3.6.16", "linux-x86_64"),
    "/cache/etcd/v3.6.16-linux-x86_64/etcd",
  );
});
