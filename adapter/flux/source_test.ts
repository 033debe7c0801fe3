import { assertEquals } from "@std/assert";
import { readSource } from "./source.ts";
import { source } from "./testing/kustomization.ts";

Deno.test("a source is read with where it fetches from and what it has", () => {
  const { kind, name, url, revision, hasArtifact, isStatic } = source("GitRepository", {
    name: "flux-system",
    spec: { url: "https://git.example/fleet.git" },
    status: { artifact: { revision: "main@sha1:8d3f1c2" } },
  });
  assertEquals([kind, name, url, revision, hasArtifact, isStatic], [
    "GitRepository",
    "flux-system",
    "https://git.example/fleet.git",
    "main@sha1:8d3f1c2",
    true,
    false,
  ]);
});

Deno.test("a bucket is where its endpoint is", () => {
  const spec = { endpoint: "minio.example", bucketName: "fleet" };
  assertEquals(source("Bucket", { spec }).url, "minio.example/fleet");
  assertEquals(source("Bucket", { spec: { endpoint: "minio.example" } }).url, "minio.example");
});

Deno.test("a password in the URL is not passed on", () => {
  const urlOf = (url: string) => source("GitRepository", { spec: { url } }).url;
  assertEquals(urlOf("https://user:hunter2@git.example/x"), "https://git.example/x");
  assertEquals(urlOf("ssh://git@github.com/org/x"), "ssh://github.com/org/x");
  assertEquals(
    urlOf("oci://registry.example/charts@sha256:1"),
    "oci://registry.example/charts@sha256:1",
  );
});

Deno.test("only a HelmRepository of OCI charts is static", () => {
  const spec = { type: "oci" };
  assertEquals(source("HelmRepository", { spec }).isStatic, true);
  assertEquals(source("HelmRepository", {}).isStatic, false);
  assertEquals(source("OCIRepository", { spec }).isStatic, false);
});

Deno.test("an object without a name is no source", () => {
  for (const junk of [null, 1, {}, { metadata: {} }]) {
    assertEquals(readSource("Bucket", junk), undefined);
  }
});
