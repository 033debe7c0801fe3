import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { type ControlPlane, startControlPlane } from "./control_plane.ts";
import { startCuttingProxy } from "./cutting_proxy.ts";
import { type Access, createKubeClient, KubeApiError, type KubeClient } from "./kube_client.ts";
import type { KubeObject } from "./kube_object.ts";
import { mayWatch, namespace, serviceAccount } from "./rbac.ts";
import { waitFor } from "./wait_for.ts";

const RELEASES = "/apis/helm.toolkit.fluxcd.io/v2/namespaces/flux-system/helmreleases";

function release(name: string, spec: Record<string, unknown> = {}): KubeObject {
  return {
    apiVersion: "helm.toolkit.fluxcd.io/v2",
    kind: "HelmRelease",
    metadata: { name, namespace: "flux-system" },
    spec: {
      interval: "5m",
      chart: { spec: { chart: "mill", sourceRef: { kind: "HelmRepository", name: "lab" } } },
      ...spec,
    },
  };
}

/** Whether the API server refuses with this status, as this user. */
async function refuses(access: Access, path: string, code: number): Promise<KubeApiError> {
  using client = createKubeClient(access);
  const error = await assertRejects(() => client.request(path), KubeApiError);
  assert(error instanceof KubeApiError);
  assertEquals(error.code, code);
  return error;
}

/** HTTP status with which the API server answers. */
async function statusOf(client: KubeClient, path: string): Promise<number> {
  try {
    await client.request(path);
    return 200;
  } catch (error) {
    if (error instanceof KubeApiError) return error.code;
    throw error;
  }
}

/** Roles and deletions reach the authorizer through its own watch, a moment later. */
async function comesToAnswer(client: KubeClient, path: string, code: number): Promise<void> {
  await waitFor(`answer ${code}`, async () => await statusOf(client, path) === code);
}

Deno.test("control plane", async (t) => {
  await using plane: ControlPlane = await startControlPlane();
  const { admin } = plane;
  await plane.apply(namespace("flux-system"));

  await t.step("says the version of the tool that was built or found", async () => {
    const { gitVersion } = await admin.request<{ gitVersion: string }>("/version");
    assertMatch(gitVersion, /^v1\.(3[6-9]|[4-9]\d)\./);
  });

  await t.step("serves HelmReleases with Flux's own defaults and validation", async () => {
    const made = await admin.create(release("bp-mill"));
    assertEquals(made.status, { observedGeneration: -1 });
    assertEquals(made.metadata.generation, 1);
    const error = await assertRejects(
      () => admin.create(release("bp-bad", { interval: "soon" })),
      KubeApiError,
      "spec.interval",
    );
    assertEquals((error as KubeApiError).code, 422);
  });

  await t.step(
    "a status write leaves the spec and the generation alone, and the reverse",
    async () => {
      const mill = release("bp-mill");
      const before = await admin.request<KubeObject>(`${RELEASES}/bp-mill`);
      const status = { observedGeneration: 1, conditions: [] };
      const written = await admin.patch(mill, { status, spec: { suspend: true } }, "status");
      assertEquals(written.spec, before.spec);
      assertEquals([written.status, written.metadata.generation], [status, 1]);
      const suspended = await admin.patch(mill, { spec: { suspend: true }, status: null });
      assertEquals([suspended.status, suspended.metadata.generation], [status, 2]);
    },
  );

  await t.step("a watch tells what happens, and bookmarks are Kubernetes' own", async () => {
    const abort = new AbortController();
    const { metadata } = await admin.list(RELEASES);
    const events = admin.watch(RELEASES, { ...metadata, signal: abort.signal });
    await admin.create(release("bp-wheel"));
    await admin.remove(release("bp-wheel"));
    const seen: string[] = [];
    for await (const { type, object } of events) {
      if (type !== "BOOKMARK") seen.push(`${type} ${object.metadata.name}`);
      if (type === "DELETED") break;
    }
    abort.abort();
    assertEquals(seen, ["ADDED bp-wheel", "DELETED bp-wheel"]);
  });

  await t.step("nobody without a certificate of ours, and nobody beyond his role", async () => {
    const { server, ca } = plane;
    await refuses({ server, ca }, RELEASES, 403);
    await refuses({ server, ca, token: "made-up" }, RELEASES, 401);
    const reader = plane.accessFor("reader");
    const error = await refuses(reader, RELEASES, 403);
    assertStringIncludes(error.message, 'User "reader" cannot list resource "helmreleases"');

    await plane.apply(...mayWatch("reader", { user: "reader" }));
    using client = createKubeClient(reader);
    await comesToAnswer(client, RELEASES, 200);
    await refuses(reader, "/api/v1/namespaces/flux-system/secrets", 403);
    await assertRejects(() => client.remove(release("bp-mill")), KubeApiError, "cannot delete");
  });

  await t.step(
    "a ServiceAccount's tokens open what its role names",
    async () => {
      const account = { namespace: "flux-system", name: "headrace-adapter" };
      await plane.apply(
        serviceAccount(account),
        ...mayWatch("headrace-adapter", { serviceAccount: account }),
      );
      const { server, ca } = plane;
      const [first, second] = [await plane.tokenFor(account), await plane.tokenFor(account)];
      assert(first !== second);
      for (const token of [first, second]) {
        using client = createKubeClient({ server, ca, token });
        await comesToAnswer(client, RELEASES, 200);
      }
    },
  );

  await t.step("a kubeconfig holds everything that a client needs", async () => {
    const access = plane.accessFor("reader");
    const path = await plane.writeKubeconfig("reader", access);
    const { clusters, users } = JSON.parse(await Deno.readTextFile(path));
    using client = createKubeClient({
      server: clusters[0].cluster.server,
      ca: atob(clusters[0].cluster["certificate-authority-data"]),
      certificate: atob(users[0].user["client-certificate-data"]),
      key: atob(users[0].user["client-key-data"]),
    });
    await client.list(RELEASES);
    assertEquals(((await Deno.stat(path)).mode ?? 0) & 0o077, 0);
  });

  await t.step("a watch through the proxy ends with a cut, and TLS holds through it", async () => {
    await using proxy = await startCuttingProxy(Number(new URL(plane.server).port));
    using client = createKubeClient({
      ...plane.accessFor("headrace-admin", ["system:masters"]),
      server: `https://127.0.0.1:${proxy.port}`,
    });
    const { metadata } = await client.list(RELEASES);
    const events = client.watch(RELEASES, { ...metadata, signal: new AbortController().signal });
    await admin.create(release("bp-race"));
    assertEquals((await events.next()).value.object.metadata.name, "bp-race");
    proxy.cut("rst");
    await assertRejects(() => events.next());
  });

  await t.step(
    "kill -9 and a new start keep port and data, and a watch goes on after them",
    async () => {
      const { items, metadata } = await admin.list(RELEASES);
      await plane.stopApiServer("SIGKILL");
      await assertRejects(() => admin.list(RELEASES), TypeError);
      await plane.startApiServer();
      const after = await admin.list(RELEASES);
      assertEquals(after.items.map((item) => item.metadata), items.map((item) => item.metadata));

      const abort = new AbortController();
      await admin.create(release("bp-tail"));
      for await (
        const { type, object } of admin.watch(RELEASES, { ...metadata, signal: abort.signal })
      ) {
        if (type !== "ADDED") continue;
        assertEquals(object.metadata.name, "bp-tail");
        break;
      }
      abort.abort();
    },
  );

  await t.step("an orderly stop ends too, and the log tells of it", async () => {
    await plane.stopApiServer("SIGTERM");
    assertStringIncludes(await plane.logs("kube-apiserver"), "shut");
    await plane.startApiServer();
  });
});

Deno.test("a control plane that cannot start says why and leaves nothing", async () => {
  await assertRejects(
    () => startControlPlane({ apiServerArgs: ["--no-such-flag"] }),
    Error,
    "unknown flag: --no-such-flag",
  );
});
