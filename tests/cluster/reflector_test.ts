import { assert, assertEquals } from "@std/assert";
import { loadClusterConfig, serviceAccountConfig } from "../../kube/config.ts";
import { startControlPlane } from "./control_plane.ts";
import { type CuttingProxy, startCuttingProxy } from "./cutting_proxy.ts";
import { driveRecording } from "./drive_recording.ts";
import { follow, type Follower } from "./follower.ts";
import { createKubeClient, KubeApiError, type KubeClient } from "./kube_client.ts";
import type { KubeObject } from "./kube_object.ts";
import { mayWatch, namespace, serviceAccount } from "./rbac.ts";
import { readRecording } from "./recording.ts";
import { mountServiceAccount } from "./service_account_mount.ts";
import { waitFor } from "./wait_for.ts";

const HELM_RELEASES = { group: "helm.toolkit.fluxcd.io", version: "v2", resource: "helmreleases" };
const HELM_CHARTS = { group: "source.toolkit.fluxcd.io", version: "v1", resource: "helmcharts" };
const RELEASES = "/apis/helm.toolkit.fluxcd.io/v2/helmreleases";

/** Delays for a test: what takes minutes in a cluster takes moments here. */
const QUICK = {
  backoffBaseMs: 50,
  backoffMaxMs: 500,
  deniedRetryMs: 200,
  missingRetryMs: 200,
  retryAfterMaxMs: 1_000,
  headTimeoutMs: 5_000,
};

function release(name: string): KubeObject {
  return {
    apiVersion: "helm.toolkit.fluxcd.io/v2",
    kind: "HelmRelease",
    metadata: { name, namespace: "flux-system" },
    spec: {
      interval: "5m",
      chart: { spec: { chart: "mill", sourceRef: { kind: "HelmRepository", name: "lab" } } },
    },
  };
}

function versions(objects: Iterable<KubeObject>): string[] {
  return [...objects].map(({ metadata }) => `${metadata.name} ${metadata.resourceVersion}`).sort();
}

/** Waits until the follower holds what the API server has, object for object, at its version. */
async function follows(follower: Follower, admin: KubeClient): Promise<void> {
  const { items } = await admin.list(RELEASES);
  const there = JSON.stringify(versions(items));
  await waitFor(
    "the follower to hold what the cluster has",
    () => JSON.stringify(versions(follower.held.values())) === there,
    { describe: () => `it holds ${versions(follower.held.values())}, there is ${there}` },
  );
}

/** Nobody is told of an object's end before its beginning, nor twice of either. */
function assertConsistent(events: readonly string[]): void {
  const alive = new Set<string>();
  for (const event of events) {
    const [type = "", key = ""] = event.split(" ");
    assertEquals(alive.has(key), type !== "added", event);
    if (type === "deleted") alive.delete(key);
    else alive.add(key);
  }
}

Deno.test("the list/watch loop against a real API server", async (t) => {
  await using plane = await startControlPlane({ crds: ["helmreleases.helm.toolkit.fluxcd.io"] });
  const { admin } = plane;
  await plane.apply(namespace("flux-system"), ...mayWatch("adapter", { user: "adapter" }));
  const through = async (proxy: CuttingProxy) =>
    await loadClusterConfig({
      kubeconfig: await plane.writeKubeconfig(
        "adapter",
        plane.accessFor("adapter"),
        `https://127.0.0.1:${proxy.port}`,
      ),
      env: () => undefined,
    });
  const startProxy = () => startCuttingProxy(Number(new URL(plane.server).port));

  await t.step("a CRD that is missing is named, and followed once it is there", async () => {
    await using proxy = await startProxy();
    await using charts = follow(await through(proxy), HELM_CHARTS, QUICK);
    await waitFor("the missing CRD", () => charts.state?.error?.code === "crd-missing");
    assertEquals(charts.state?.synced, false);
    await plane.serveCrds("helmcharts.source.toolkit.fluxcd.io");
    await waitFor("the first list", () => charts.state?.synced);
    await waitFor("an open watch", () => charts.state?.phase === "watching");
    assertEquals(charts.state?.error, undefined);
  });

  await t.step(
    "a recording arrives whole through a network that cuts again and again",
    async () => {
      await using proxy = await startProxy();
      await using follower = follow(await through(proxy), HELM_RELEASES, QUICK);
      const recording = await readRecording(
        new URL("../../demo/recordings/fsn1.jsonl", import.meta.url),
      );
      await driveRecording(admin, recording, {
        onEvent: (_, index) => {
          if (index % 25 === 0) proxy.cut(index % 50 === 0 ? "rst" : "fin");
        },
      });
      await follows(follower, admin);
      assertConsistent(follower.events);
      assert(proxy.accepted > 3, `${proxy.accepted} connections: the cuts were not felt`);
      assert(follower.events.includes("deleted flux-system/bp-external-dns"));
    },
  );

  await t.step("kill -9 of the API server in the middle: nothing is missing after it", async () => {
    await using proxy = await startProxy();
    await using follower = follow(await through(proxy), HELM_RELEASES, QUICK);
    await waitFor("an open watch", () => follower.state?.phase === "watching");
    await admin.create(release("bp-before"));
    await plane.stopApiServer("SIGKILL");
    await waitFor("the loss to be noticed", () => follower.state?.error !== undefined);
    await plane.startApiServer();
    await admin.create(release("bp-after"));
    await follows(follower, admin);
    assertConsistent(follower.events);
    await waitFor("a healthy watch", () => follower.state?.error === undefined);
  });

  await t.step("what is deleted behind a silent connection is found, even past a 410", async () => {
    await using proxy = await startProxy();
    await using follower = follow(await through(proxy), HELM_RELEASES, {
      ...QUICK,
      headTimeoutMs: 1_000,
      idleTimeoutMs: 1_500,
    });
    await follows(follower, admin);
    proxy.silence();
    await admin.remove(release("bp-before"));
    await admin.create(release("bp-young"));
    // A new API server remembers no events from before its start: resuming is answered with 410.
    await plane.stopApiServer("SIGKILL");
    await plane.startApiServer();
    await waitFor("the silence to be noticed", () => follower.state?.error !== undefined);
    proxy.resume();
    await follows(follower, admin);
    assertConsistent(follower.events);
    assert(follower.events.includes("deleted flux-system/bp-before"));
    assert(follower.states.some(({ error }) => error?.code === "gone" || error?.status === 410));
  });

  await t.step("a user without rights waits, and goes on as soon as he may", async () => {
    const config = await loadClusterConfig({
      kubeconfig: await plane.writeKubeconfig("guest", plane.accessFor("guest")),
      env: () => undefined,
    });
    await using follower = follow(config, HELM_RELEASES, QUICK);
    await waitFor("the refusal", () => follower.state?.error?.status === 403);
    assertEquals(follower.held.size, 0);
    await plane.apply(...mayWatch("guest", { user: "guest" }));
    await follows(follower, admin);
  });

  await t.step("a ServiceAccount's token is replaced while it is watched with", async () => {
    const account = { namespace: "flux-system", name: "headrace-adapter" };
    const [secret] = await Promise.all([
      admin.create({
        apiVersion: "v1",
        kind: "Secret",
        metadata: { namespace: "flux-system", name: "first-mount" },
      }),
      plane.apply(
        serviceAccount(account),
        ...mayWatch("headrace-adapter", { serviceAccount: account }),
      ),
    ]);
    const first = await plane.tokenFor(account, secret);
    const mount = await mountServiceAccount(`${plane.folder}/serviceaccount`, {
      token: first,
      ca: plane.ca,
      namespace: "flux-system",
    });
    await using proxy = await startProxy();
    const config = serviceAccountConfig(
      "127.0.0.1",
      String(proxy.port),
      "flux-system",
      mount.folder,
    );
    await using follower = follow(config, HELM_RELEASES, QUICK);
    await follows(follower, admin);

    await mount.rotate(await plane.tokenFor(account));
    // The first token ends with the object that it is bound to, ten seconds later: so long an API
    // server believes a token that it has checked.
    await admin.remove(secret);
    using bearer = createKubeClient({ server: plane.server, ca: plane.ca, token: first });
    await waitFor("the first token to be refused", async () => {
      const error = await bearer.list(RELEASES).catch((error: unknown) => error);
      return error instanceof KubeApiError && error.code === 401;
    }, { every: 250 });
    proxy.cut("rst");
    await waitFor("the loss to be noticed", () => follower.state?.phase === "backing-off");
    await admin.create(release("bp-rotated"));
    await follows(follower, admin);
    assert(!follower.states.some(({ error }) => error?.status === 401), "an answer of 401 got out");
  });
});
