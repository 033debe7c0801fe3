import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { type HelmRelease, readHelmRelease } from "./helm_release.ts";
import { isSettled } from "../../contracts/phase.ts";
import { CANCELED_REASON, FAILING_REASONS, WAITING_REASONS } from "./reasons.ts";
import { releaseStatus } from "./status.ts";
import { release, wireRelease } from "./testing/release.ts";

const reason = fc.oneof(
  fc.constantFrom(...FAILING_REASONS, ...WAITING_REASONS, CANCELED_REASON),
  fc.constantFrom("InstallSucceeded", "UpgradeSucceeded", "Progressing", "ProgressingWithRetry"),
  fc.string({ maxLength: 12 }),
);
const message = fc.oneof(
  fc.constantFrom(
    "Fulfilling prerequisites",
    "Running 'upgrade' action with timeout of 5m0s",
    "Running 'rollback' action with timeout of 5m0s",
    "dependency 'flux-system/bp-a' is not ready",
  ),
  fc.string({ maxLength: 40 }),
);
const anyCondition = fc.record({
  type: fc.constantFrom("Ready", "Reconciling", "Stalled", "Released", "Drifted", "Remediated"),
  status: fc.constantFrom("True", "False", "Unknown"),
  reason,
  message,
  observedGeneration: fc.integer({ min: 0, max: 3 }),
  lastTransitionTime: fc.date({ noInvalidDate: true, min: new Date(0), max: new Date(2e12) })
    .map((date) => date.toISOString()),
}, { requiredKeys: ["type", "status", "reason"] });
const anyRelease: fc.Arbitrary<HelmRelease> = fc.record({
  generation: fc.integer({ min: 1, max: 3 }),
  suspend: fc.boolean(),
  deleted: fc.boolean(),
  observedGeneration: fc.integer({ min: -1, max: 3 }),
  conditions: fc.uniqueArray(anyCondition, { selector: ({ type }) => type }),
}).map(({ generation, suspend, deleted, observedGeneration, conditions }) =>
  release({
    generation,
    spec: { suspend, dependsOn: [{ name: "bp-a" }] },
    ...(deleted ? { deletedAt: "2026-11-20T19:00:00Z" } : {}),
    conditions,
    status: { observedGeneration },
  })
);

Deno.test("every release has a status of the palette and times in order", () => {
  fc.assert(fc.property(anyRelease, fc.constantFrom("flux", "seed"), (object, mapping) => {
    const { status, since, startedAt, endedAt, blockedBy } = releaseStatus(object, mapping);
    assert(["pending", "running", "succeeded", "failed"].includes(status));
    for (const time of [since, startedAt, endedAt]) {
      assert(time === undefined || Number.isSafeInteger(time));
    }
    if (startedAt !== undefined && endedAt !== undefined) assert(startedAt <= endedAt);
    if (endedAt !== undefined) assert(isSettled(status));
    if (status === "pending") assertEquals(startedAt, undefined);
    for (const dependency of blockedBy) assert(object.dependsOn.includes(dependency));
  }));
});

Deno.test("flux and seed agree wherever flux has no better knowledge", () => {
  fc.assert(fc.property(anyRelease, (object) => {
    const ready = object.conditions.find(({ type }) => type === "Ready");
    const { state } = releaseStatus(object);
    const refined = ["suspended", "terminating", "stalled", "queued"].includes(state) ||
      ready?.status === "False" &&
        (FAILING_REASONS.has(ready.reason) || WAITING_REASONS.has(ready.reason));
    if (refined) return;
    assertEquals(releaseStatus(object, "flux").status, releaseStatus(object, "seed").status);
  }));
});

Deno.test("a release that is ready does not change by being reconciled", () => {
  fc.assert(fc.property(anyRelease, anyCondition, (object, reconciling) => {
    if (!object.conditions.some(({ type, status }) => type === "Ready" && status === "True")) {
      return;
    }
    const { conditions } = release({ conditions: [{ ...reconciling, type: "Reconciling" }] });
    const others = object.conditions.filter(({ type }) => type !== "Reconciling");
    const [before, during] = [others, [...others, ...conditions]].map((conditions) =>
      releaseStatus({ ...object, conditions }).status
    );
    assertEquals(during, before);
  }));
});

Deno.test("the two mappings differ in the status and its times only", () => {
  fc.assert(fc.property(anyRelease, (object) => {
    const [flux, seed] = (["flux", "seed"] as const).map((mapping) => {
      const { status: _, startedAt: __, endedAt: ___, ...rest } = releaseStatus(object, mapping);
      return rest;
    });
    assertEquals(flux, seed);
  }));
});

Deno.test("whatever JSON claims to be a release is read and judged without an error", () => {
  const junk = fc.jsonValue({ maxDepth: 4 });
  const fields = fc.constantFrom(
    "conditions",
    "history",
    "failures",
    "helmChart",
    "observedGeneration",
  );
  fc.assert(fc.property(junk, fields, junk, (value, field, other) => {
    readHelmRelease(value);
    const mangled = wireRelease({ status: { [field]: other } });
    const object = readHelmRelease({ ...mangled, spec: value });
    assert(object !== undefined);
    releaseStatus(object);
  }));
});
