import { assertEquals } from "@std/assert";
import { OutboxError } from "../client/outbox_error.ts";
import { KubeError } from "../kube/errors.ts";
import type { ElectionState } from "../kube/lease_election.ts";
import { type AdapterStatus, readiness } from "./readiness.ts";
import type { KindStatus } from "./watched_kind.ts";

const synced = {
  kinds: {
    HelmRelease: { state: "synced", objects: 28 },
    HelmChart: { state: "synced", objects: 28 },
  },
  router: {
    inSync: true,
    isBehind: false,
    lastAnswerAt: Date.UTC(2026, 0, 1),
    lastPostAt: Date.UTC(2026, 0, 1),
  },
} satisfies AdapterStatus;
const error = new OutboxError("network", "connection refused");

/** One of two adapters; what it knows of the router is that of an earlier term, or nothing. */
function electing(
  election: Partial<ElectionState> | undefined,
  router: AdapterStatus["router"] = undefined,
): AdapterStatus {
  const lease = { name: "flux-system/headrace-adapter-fsn1", identity: "a" };
  return {
    kinds: synced.kinds,
    ...(router === undefined ? {} : { router }),
    lease: election === undefined
      ? lease
      : { ...lease, election: { role: "candidate", since: 0, ...election } },
  };
}

Deno.test("an adapter that knows all HelmReleases and has met its router is ready", () => {
  assertEquals(readiness(synced), {
    ready: true,
    role: "single",
    reasons: [],
    kinds: synced.kinds,
    router: {
      reachable: true,
      inSync: true,
      lastAnswer: "2026-01-01T00:00:00.000Z",
      lastPost: "2026-01-01T00:00:00.000Z",
    },
  });
});

Deno.test("without HelmReleases it is not ready, and says why", () => {
  const reasonsOf = (HelmRelease: KindStatus) => {
    const { ready, reasons } = readiness({ ...synced, kinds: { ...synced.kinds, HelmRelease } });
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
  const HelmChart = { state: "crd-missing", message: "not served", objects: 0 } as const;
  const { ready, kinds } = readiness({ ...synced, kinds: { ...synced.kinds, HelmChart } });
  assertEquals([ready, kinds.HelmChart], [true, HelmChart]);
});

Deno.test("of several kinds a missing one is told, as long as another is there to show", () => {
  const missing = { state: "crd-missing", message: "not served", objects: 0 } as const;
  const forbidden = { state: "forbidden", message: "may not list", objects: 0 } as const;
  const judge = (kinds: AdapterStatus["kinds"]) => readiness({ ...synced, kinds }).reasons;
  const { HelmRelease } = synced.kinds;
  assertEquals(judge({ HelmRelease, Kustomization: missing }), []);
  assertEquals(judge({ HelmRelease: missing, Kustomization: HelmRelease }), []);
  assertEquals(judge({ HelmRelease: missing, Kustomization: missing }), [
    "HelmRelease is crd-missing: not served",
    "Kustomization is crd-missing: not served",
  ]);
  assertEquals(judge({ HelmRelease, Bucket: forbidden }), ["Bucket is forbidden: may not list"]);
});

Deno.test("a router that never answered is in the way, one that went away later is not", () => {
  const never = readiness({ ...synced, router: { inSync: false, isBehind: false, error } });
  assertEquals([never.ready, never.reasons], [
    false,
    ["router has not answered: connection refused"],
  ]);
  const away = readiness({ ...synced, router: { ...synced.router, inSync: false, error } });
  assertEquals([away.ready, away.router?.reachable, away.router?.error], [
    true,
    false,
    "connection refused",
  ]);
});

Deno.test("a router that denies access is in the way, also later", () => {
  for (const status of [401, 403]) {
    const error = new OutboxError("status", `the router answered ${status}`, { status });
    const { ready, reasons } = readiness({
      ...synced,
      router: { ...synced.router, inSync: false, error },
    });
    assertEquals([ready, reasons], [
      false,
      [`router denies access: the router answered ${status}`],
    ]);
  }
});

Deno.test("a leader needs the router", () => {
  const leading = { role: "leader", holder: "a" } as const;
  assertEquals(readiness(electing(leading)).reasons, ["router has not answered"]);
  const { ready, role, lease } = readiness(electing(leading, synced.router));
  assertEquals([ready, role], [true, "leader"]);
  assertEquals(lease, {
    name: "flux-system/headrace-adapter-fsn1",
    identity: "a",
    leader: "a",
    since: "1970-01-01T00:00:00.000Z",
  });
});

Deno.test("one that stands by is ready, and says for whom", () => {
  const { ready, role, lease, router } = readiness(electing({ holder: "b" }));
  assertEquals([ready, role, lease?.leader, router], [true, "standby", "b", undefined]);
});

Deno.test("one that stands by has to know the HelmReleases all the same", () => {
  const kinds = { ...synced.kinds, HelmRelease: { state: "syncing", objects: 0 } as const };
  const { ready, reasons } = readiness({ ...electing({ holder: "b" }), kinds });
  assertEquals([ready, reasons], [false, ["HelmRelease is syncing"]]);
});

Deno.test("as long as no leader is known it is not ready, and says why", () => {
  const reasonsOf = (election: Partial<ElectionState> | undefined) => {
    const { ready, role, reasons } = readiness(electing(election));
    assertEquals([ready, role], [false, "candidate"]);
    return reasons;
  };
  assertEquals(reasonsOf(undefined), ["no leader is known"]);
  assertEquals(reasonsOf({}), ["no leader is known"]);
  assertEquals(reasonsOf({ holder: "a" }), ["no leader is known"]);
  const forbidden = new KubeError("forbidden", "grant get on leases");
  assertEquals(reasonsOf({ error: forbidden }), ["no leader is known: grant get on leases"]);
});

Deno.test("trouble with the lease is in the way when somebody has to act, else only told", () => {
  const forbidden = new KubeError("forbidden", "grant update on leases");
  const denied = readiness(electing({ holder: "b", error: forbidden }));
  assertEquals([denied.ready, denied.lease?.error], [false, "grant update on leases"]);
  const unreachable = new KubeError("unreachable", "connection refused");
  const away = readiness(electing({ holder: "b", error: unreachable }));
  assertEquals([away.ready, away.lease?.error], [true, "connection refused"]);
});
