import { assertEquals, assertStringIncludes } from "@std/assert";
import { answerProbe, serveHealth } from "./health.ts";
import type { AdapterStatus } from "./readiness.ts";
import { ready, wireRelease } from "./flux/testing/release.ts";
import { CHARTS, inCluster, RELEASES } from "./testing/cluster_world.ts";

const starting: AdapterStatus = {
  kinds: {
    HelmRelease: { state: "crd-missing", message: "not served", objects: 0 },
    HelmChart: { state: "syncing", objects: 0 },
  },
  router: { inSync: false, isBehind: false },
};

const registry = { contentType: "text/plain", metrics: () => Promise.resolve("up 1\n") };
const sources = { status: () => starting, registry };

function probe(path: string, method = "GET"): Promise<Response> {
  return answerProbe(new Request(`http://adapter${path}`, { method }), sources);
}

Deno.test("healthz is 200 as long as the process runs, readyz says what is in the way", async () => {
  const healthy = await probe("/healthz");
  assertEquals([healthy.status, await healthy.json()], [200, { status: "ok" }]);
  const unready = await probe("/readyz");
  assertEquals(unready.status, 503);
  assertEquals((await unready.json()).reasons, [
    "HelmRelease is crd-missing: not served",
    "router has not answered",
  ]);
});

Deno.test("other paths and methods are refused with a problem document", async () => {
  const missing = await probe("/metric");
  assertEquals([missing.status, missing.headers.get("content-type")], [
    404,
    "application/problem+json",
  ]);
  const post = await probe("/readyz", "POST");
  assertEquals([post.status, post.headers.get("allow")], [405, "GET, HEAD"]);
  assertStringIncludes((await post.json()).detail, "GET");
  assertEquals((await probe("/readyz", "HEAD")).status, 503);
});

Deno.test("metrics are served as the registry writes them", async () => {
  const response = await probe("/metrics");
  assertEquals([response.status, response.headers.get("content-type"), await response.text()], [
    200,
    "text/plain",
    "up 1\n",
  ]);
});

Deno.test("probes are served on the port until the signal aborts", async () => {
  const abort = new AbortController();
  const listening = Promise.withResolvers<string>();
  const address = { hostname: "127.0.0.1", port: 0 };
  const served = serveHealth(address, sources, abort.signal, listening.resolve);
  const response = await fetch(`http://${await listening.promise}/healthz`);
  assertEquals(await response.json(), { status: "ok" });
  abort.abort();
  await served;
});

Deno.test("readyz follows an adapter from its start through a missing CRD to ready", async () => {
  const listening = Promise.withResolvers<string>();
  await inCluster(async ({ api, elapse, start, put }) => {
    start({ healthListenAddr: { hostname: "127.0.0.1", port: 0 } }, {
      onHealthListen: listening.resolve,
    });
    const readyz = async () => {
      const response = await fetch(`http://${await listening.promise}/readyz`);
      return { status: response.status, body: await response.json() };
    };
    await elapse(100);
    const before = await readyz();
    assertEquals([before.status, before.body.kinds.HelmRelease.state], [503, "crd-missing"]);
    assertEquals(before.body.router.reachable, true);
    api.store.register(RELEASES);
    put(wireRelease({ conditions: [ready("True", "InstallSucceeded")] }));
    await elapse(20_000);
    const after = await readyz();
    assertEquals([after.status, after.body.ready, after.body.reasons], [200, true, []]);
    assertEquals(after.body.kinds.HelmRelease, {
      state: "synced",
      objects: 1,
      version: "v2",
    });
    assertEquals(after.body.router.inSync, true);
  }, { crds: [CHARTS] });
});
