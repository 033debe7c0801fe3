import { assertEquals, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import { rebaseTimes, scaleGoDuration } from "./rebase_times.ts";

const release = {
  apiVersion: "helm.toolkit.fluxcd.io/v2",
  kind: "HelmRelease",
  metadata: {
    name: "bp-cilium",
    creationTimestamp: "2026-01-01T00:00:00Z",
    deletionTimestamp: "2026-01-01T00:01:40Z",
    annotations: { "reconcile.fluxcd.io/requestedAt": "2026-01-01T00:00:20.5Z" },
    generation: 3,
  },
  spec: { interval: "5m", timeout: "12s", values: { since: "2026-01-01T00:00:10Z" } },
  status: {
    conditions: [{
      type: "Ready",
      message: "since 2026-01-01T00:00:10Z, timeout of 12s",
      lastTransitionTime: "2026-01-01T00:00:10Z",
      observedGeneration: 3,
    }],
    history: [{ firstDeployed: "2026-01-01T00:00:10Z", version: 1 }],
    lastAttemptedReleaseActionDuration: "12.5s",
    lastHandledReconcileAt: "2026-01-01T00:00:20.5Z",
    failures: 2,
    nothing: null,
  },
};

/** Ten times as fast, and begun at noon of another day. */
const toNoon = (time: number) => Date.UTC(2030, 5, 1, 12) + (time - Date.UTC(2026, 0, 1)) / 10;

Deno.test("times of metadata and status move, and measured durations shrink with them", () => {
  assertEquals(rebaseTimes(release, toNoon, 10), {
    ...release,
    metadata: {
      ...release.metadata,
      creationTimestamp: "2030-06-01T12:00:00.000Z",
      deletionTimestamp: "2030-06-01T12:00:10.000Z",
      annotations: { "reconcile.fluxcd.io/requestedAt": "2030-06-01T12:00:02.050Z" },
    },
    status: {
      ...release.status,
      conditions: [{
        ...release.status.conditions[0],
        lastTransitionTime: "2030-06-01T12:00:01.000Z",
      }],
      history: [{ firstDeployed: "2030-06-01T12:00:01.000Z", version: 1 }],
      lastAttemptedReleaseActionDuration: "1.25s",
      lastHandledReconcileAt: "2030-06-01T12:00:02.050Z",
    },
  });
});

Deno.test("what the user wrote, and prose, are left as they are", () => {
  const moved = rebaseTimes(release, toNoon, 10);
  assertStrictEquals(moved.spec, release.spec);
  const { conditions } = moved.status as typeof release.status;
  assertEquals(conditions[0]?.message, "since 2026-01-01T00:00:10Z, timeout of 12s");
});

Deno.test("the recorded object is not touched, and an absent status stays absent", () => {
  const { status: _, ...bare } = structuredClone(release);
  assertEquals("status" in rebaseTimes(bare, toNoon, 10), false);
  const before = structuredClone(release);
  rebaseTimes(release, toNoon, 10);
  assertEquals(release, before);
});

Deno.test("times that were equal stay equal, and order is kept", () => {
  const time = fc.date({ min: new Date(0), max: new Date("2100-01-01"), noInvalidDate: true });
  fc.assert(fc.property(time, time, (a, b) => {
    const moved = rebaseTimes(
      { metadata: { name: "a" }, status: { a: a.toISOString(), b: b.toISOString() } },
      (ms) => Math.floor(ms / 3),
      3,
    );
    const status = moved.status as { a: string; b: string };
    const order = Math.sign(a.getTime() - b.getTime());
    const after = Math.sign(Date.parse(status.a) - Date.parse(status.b));
    assertEquals(after === 0 || after === order, true);
    if (order === 0) assertEquals(status.a, status.b);
  }));
});

for (
  const [text, factor, expected] of [
    ["12.493613047s", 0.5, "6.246806524s"],
    ["1m2.5s", 0.1, "6.25s"],
    ["1h0m0s", 1, "3600s"],
    ["500ms", 0.5, "0.25s"],
    ["850µs", 0.5, "0.000425s"],
    ["0s", 0.5, "0s"],
    ["soon", 0.5, "soon"],
    ["-5s", 0.5, "-5s"],
    ["", 0.5, ""],
  ] as const
) {
  Deno.test(`${JSON.stringify(text)} times ${factor} is ${JSON.stringify(expected)}`, () => {
    assertEquals(scaleGoDuration(text, factor), expected);
  });
}
