import { assertEquals, assertMatch } from "@std/assert";
import { OutboxError } from "../client/outbox_error.ts";
import { KubeError } from "../kube/errors.ts";
import { mapRegion } from "./flux/map_region.ts";
import { ready, release, wireRelease } from "./flux/testing/release.ts";
import { Metrics } from "./metrics.ts";
import type { AdapterStatus } from "./readiness.ts";
import { CONFIG, inCluster, RELEASES } from "./testing/cluster_world.ts";

async function read({ registry }: Metrics): Promise<(line: string) => number | undefined> {
  return valueIn(await registry.metrics());
}

/** Finds the value of a series, named as it is written, without the prefix. */
function valueIn(text: string): (series: string) => number | undefined {
  const lines = text.split("\n");
  return (series) => {
    const line = lines.find((line) => line.startsWith(`headrace_adapter_${series} `));
    return line === undefined ? undefined : Number(line.split(" ").at(-1));
  };
}

const status: AdapterStatus = {
  kinds: {
    HelmRelease: { state: "synced", objects: 28 },
    Kustomization: { state: "crd-missing", objects: 0 },
  },
  router: { inSync: true, isBehind: false, lastAnswerAt: 1_700_000_000_000 },
};

Deno.test("how things stand is read when somebody asks", async () => {
  const metrics = new Metrics();
  let now = status;
  metrics.observe(() => now);
  const before = await read(metrics);
  assertEquals(
    [
      'objects{kind="HelmRelease"}',
      'kind_synced{kind="HelmRelease"}',
      'kind_synced{kind="Kustomization"}',
      "posting",
      "router_up",
      "router_in_sync",
      "router_denied",
      "router_last_answer_timestamp_seconds",
    ].map(before),
    [28, 1, 0, 1, 1, 1, 0, 1_700_000_000],
  );
  const error = new OutboxError("status", "the router answered 401", { status: 401 });
  now = { ...status, router: { inSync: false, isBehind: false, error } };
  const denied = await read(metrics);
  assertEquals(["router_up", "router_in_sync", "router_denied"].map(denied), [0, 0, 1]);
});

Deno.test("of the adapters of a cluster one says that it posts", async () => {
  const lease = { name: "flux-system/x", identity: "a" };
  const posting = async (role: "leader" | "candidate", holder: string) => {
    const metrics = new Metrics();
    const election = { role, holder, since: 0, transitions: 3 };
    metrics.observe(() => ({ kinds: {}, lease: { ...lease, election } }));
    const value = await read(metrics);
    return ["posting", "lease_transitions", "lease_failing", "router_up"].map(value);
  };
  assertEquals(await posting("leader", "a"), [1, 3, 0, 0]);
  assertEquals(await posting("candidate", "b"), [0, 3, 0, 0]);
  const metrics = new Metrics();
  const error = new KubeError("forbidden", "no");
  metrics.observe(() => ({
    kinds: {},
    lease: { ...lease, election: { role: "candidate", since: 0, error } },
  }));
  assertEquals((await read(metrics))("lease_failing"), 1);
});

Deno.test("failures are told apart by a few words, however many there are", async () => {
  const metrics = new Metrics();
  const fail = (error: OutboxError) => metrics.outbox({ type: "failed", error, retryIn: 1 });
  for (const status of [401, 403, 404, 409, 418, 429, 500, 502, 503]) {
    fail(new OutboxError("status", "x", { status }));
  }
  fail(new OutboxError("network", "x"));
  fail(new OutboxError("token", "x"));
  const value = await read(metrics);
  assertEquals(
    ["status_401", "status_403", "status_429", "status_4xx", "status_5xx", "network", "token"]
      .map((code) => value(`router_failures_total{code="${code}"}`)),
    [1, 1, 1, 3, 3, 1, 1],
  );
});

Deno.test("what was posted and what was lost is counted", async () => {
  const metrics = new Metrics();
  const position = { seq: 1 };
  const upsert = { type: "delete-nodes" as const, ids: ["a"] };
  metrics.outbox({ type: "posted", messages: [upsert, upsert], position });
  metrics.outbox({ type: "resync", reason: "restarted" });
  metrics.outbox({ type: "behind" });
  metrics.watchFailed("HelmRelease", "gone");
  metrics.transition("failed");
  const value = await read(metrics);
  assertEquals(
    [
      "router_posts_total",
      'router_messages_total{type="delete-nodes"}',
      'router_resyncs_total{reason="restarted"}',
      "router_behind_total",
      'watch_failures_total{kind="HelmRelease",code="gone"}',
      'transitions_total{status="failed"}',
    ].map(value),
    [1, 2, 1, 1, 1, 1],
  );
});

Deno.test("a map counts its nodes by status, and no name of any of them", async () => {
  const metrics = new Metrics();
  metrics.observe(() => status);
  const releases = ["a", "b"].map((name) =>
    release({ name: `bp-${name}`, conditions: [ready("False", "InstallFailed")] })
  );
  metrics.mapped(mapRegion({ releases, charts: [] }, CONFIG), 12);
  const text = await metrics.registry.metrics();
  const value = valueIn(text);
  assertEquals(
    ['nodes{status="failed"}', 'nodes{status="running"}', "map_seconds_count"].map(value),
    [2, 0, 1],
  );
  assertEquals(text.includes("bp-a") || text.includes("fsn1"), false);
});

Deno.test("the metrics of an adapter at work are served beside its probes", async () => {
  const listening = Promise.withResolvers<string>();
  await inCluster(async ({ elapse, start, put }) => {
    put(wireRelease({ conditions: [ready("True", "InstallSucceeded")] }));
    start({ healthListenAddr: { hostname: "127.0.0.1", port: 0 } }, {
      onHealthListen: listening.resolve,
    });
    await elapse(1_000);
    const response = await fetch(`http://${await listening.promise}/metrics`);
    assertMatch(response.headers.get("content-type") ?? "", /^text\/plain; version=0\.0\.4/);
    const value = valueIn(await response.text());
    assertEquals(
      [
        'nodes{status="succeeded"}',
        'kind_synced{kind="HelmRelease"}',
        'kind_synced{kind="HelmChart"}',
        'router_messages_total{type="upsert-nodes"}',
        "router_in_sync",
        'watch_failures_total{kind="HelmChart",code="crd-missing"}',
      ].map(value),
      [1, 1, 0, 1, 1, 1],
    );
  }, { crds: [RELEASES] });
});
