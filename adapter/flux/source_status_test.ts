import { assertEquals } from "@std/assert";
import type { SourceKind } from "./kinds.ts";
import { sourceStatus } from "./source_status.ts";
import { type ObjectParts, source } from "./testing/kustomization.ts";
import { at, condition, ready } from "./testing/release.ts";

function words(parts: ObjectParts, kind: SourceKind = "OCIRepository"): string {
  const { status, state } = sourceStatus(source(kind, parts));
  return `${status} ${state}`;
}

Deno.test("a source is queued, fetching, then there", () => {
  assertEquals(words({}), "pending queued");
  const fetching = ready("Unknown", "Progressing", "building artifact: new upstream revision");
  assertEquals(words({ conditions: [fetching] }), "running fetching");
  const done = sourceStatus(source("OCIRepository", {
    conditions: [ready("True", "Succeeded", "stored artifact for digest 'latest@sha256:1'")],
  }));
  assertEquals([done.status, done.state, done.endedAt], [
    "succeeded",
    "succeeded",
    at("18:05:00"),
  ]);
});

Deno.test("a newer revision that is not stored yet is work", () => {
  assertEquals(
    words({ conditions: [ready("False", "NewRevision", "new upstream revision")] }),
    "running fetching",
  );
});

Deno.test("what could not be fetched or verified is failed, whatever its reason is called", () => {
  for (
    const reason of ["OCIArtifactPullFailed", "AuthenticationFailed", "VerificationError", "X"]
  ) {
    const failing = ready("False", reason, "no such host");
    assertEquals(words({ conditions: [failing] }), "failed failed");
    const retrying = condition("Reconciling", "True", "ProgressingWithRetry", "");
    assertEquals(words({ conditions: [retrying, failing] }), "failed retrying");
  }
  assertEquals(
    words({
      conditions: [
        condition("Stalled", "True", "URLInvalid", "no scheme"),
        ready("False", "URLInvalid", "no scheme"),
      ],
    }),
    "failed stalled",
  );
});

Deno.test("a repository of OCI charts is there, since nobody reconciles it", () => {
  assertEquals(words({ spec: { type: "oci" } }, "HelmRepository"), "succeeded succeeded");
  assertEquals(words({}, "HelmRepository"), "pending queued");
});

Deno.test("an external artifact is there when its maker says nothing else", () => {
  const status = { artifact: { revision: "1" } };
  assertEquals(words({ status }, "ExternalArtifact"), "succeeded succeeded");
  assertEquals(words({}, "ExternalArtifact"), "pending queued");
  const conditions = [ready("False", "BuildFailed")];
  assertEquals(words({ status, conditions }, "ExternalArtifact"), "failed failed");
});

Deno.test("a suspended source keeps its last phase, one that is deleted is on its way out", () => {
  const conditions = [ready("True", "Succeeded")];
  assertEquals(words({ spec: { suspend: true }, conditions }), "succeeded suspended");
  assertEquals(words({ conditions, deletedAt: "2026-11-20T18:30:00Z" }), "running terminating");
});
