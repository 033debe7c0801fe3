import { assertEquals } from "@std/assert";
import { OutboxError } from "../client/outbox_error.ts";
import { type AdapterStatus, readiness } from "./readiness.ts";

const synced: AdapterStatus = {
  helmRelease: { state: "synced", objects: 28 },
  helmChart: { state: "synced", objects: 28 },
  router: { inSync: true, lastAnswerAt: Date.UTC(2026, 0, 1), lastPostAt: Date.UTC(2026, 0, 1) },
};
const error = new OutboxError("network", "connection refused");

Deno.test("an adapter that knows all HelmReleases and has met its router is ready", () => {
  assertEquals(readiness(synced), {
    ready: true,
    reasons: [],
    kinds: { HelmRelease: synced.helmRelease, HelmChart: synced.helmChart },
    router: {
      reachable: true,
      inSync: true,
      lastAnswer: "2026-01-01T00:00:00.000Z",
      lastPost: "2026-01-01T00:00:00.000Z",
    },
  });
});

Deno.test("without HelmReleases it is not ready, and says why", () => {
  const reasonsOf = (helmRelease: AdapterStatus["helmRelease"]) => {
    const { ready, reasons } = readiness({ ...synced, helmRelease });
    assertEquals(ready, false);
    return reasons;
  };
  assertEquals(reasonsOf({ state: "syncing", objects: 0 }), ["HelmRelease is syncing"]);
  assertEquals(reasonsOf({ state: "crd-missing", message: "not served", objects: 0 }), [
    "HelmRelease is crd-missing: not served",
  ]);
  assertEquals(reasonsOf({ state: "forbidden", message: "may not list", objects: 0 }), [
    "HelmRelease is forbidden: may not list",
  ]);
});

Deno.test("missing HelmCharts are told and do no harm", () => {
  const helmChart = { state: "crd-missing", message: "not served", objects: 0 } as const;
  const { ready, kinds } = readiness({ ...synced, helmChart });
  assertEquals([ready, kinds.HelmChart], [true, helmChart]);
});

Deno.test("a router that never answered is in the way, one that went away later is not", () => {
  const never = readiness({ ...synced, router: { inSync: false, error } });
  assertEquals([never.ready, never.reasons], [
    false,
    ["router has not answered: connection refused"],
  ]);
  const away = readiness({ ...synced, router: { ...synced.router, inSync: false, error } });
  assertEquals([away.ready, away.router.reachable, away.router.error], [
    true,
    false,
    "connection refused",
  ]);
});
