import { assertEquals } from "@std/assert";
import { KubeError } from "../kube/errors.ts";
import { readiness } from "./readiness.ts";

const SYNCED = { kind: "Story", status: { state: "synced", objects: 2 } } as const;

Deno.test("an operator is ready when it knows everything, also as one that stands by", () => {
  assertEquals(readiness({ caches: [SYNCED], election: undefined }), {
    ready: true,
    reasons: [],
    caches: { Story: SYNCED.status },
    role: "leader",
  });
  const standby = { role: "candidate", holder: "other", since: 0 } as const;
  const { ready, role, leader } = readiness({ caches: [SYNCED], election: standby });
  assertEquals([ready, role, leader], [true, "candidate", "other"]);
});

Deno.test("what is in the way is named: a kind that is not served, a lease that may not be read", () => {
  const missing = {
    kind: "StoryRun",
    status: { state: "crd-missing", message: "is its CRD installed?", objects: 0 },
  } as const;
  const denied = {
    role: "candidate",
    since: 0,
    error: new KubeError("forbidden", "may not use the lease"),
  } as const;
  const { ready, reasons } = readiness({ caches: [SYNCED, missing], election: denied });
  assertEquals([ready, reasons], [false, [
    "StoryRun is crd-missing: is its CRD installed?",
    "lease: may not use the lease",
  ]]);
});
