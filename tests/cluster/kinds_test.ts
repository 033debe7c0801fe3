import { assertEquals } from "@std/assert";
import type { Snapshot } from "../../contracts/flow.ts";
import { startControlPlane } from "./control_plane.ts";
import { createKeeper } from "./keeper.ts";
import type { KubeObject } from "./kube_object.ts";
import { startAdapter, startRouter } from "./product.ts";
import { mayLead, mayWatch, namespace } from "./rbac.ts";
import { waitFor } from "./wait_for.ts";

const USER = { user: "headrace" };

const GRANTED = [
  { group: "helm.toolkit.fluxcd.io", resources: ["helmreleases"] },
  { group: "source.toolkit.fluxcd.io", resources: ["helmcharts", "gitrepositories"] },
];

function object(apiVersion: string, kind: string, name: string, spec: unknown): KubeObject {
  return { apiVersion, kind, metadata: { name, namespace: "flux-system" }, spec };
}

const SOURCE = object("source.toolkit.fluxcd.io/v1", "GitRepository", "fleet", {
  interval: "1m",
  url: "https://git.example.org/fleet",
});

const RELEASE = object("helm.toolkit.fluxcd.io/v2", "HelmRelease", "bp-weir", {
  interval: "5m",
  chart: { spec: { chart: "mill", sourceRef: { kind: "HelmRepository", name: "lab" } } },
});

Deno.test("a kind that the cluster does not have yet is named, and shown once it is there", async () => {
  await using keeper = await createKeeper("headrace-kinds-");
  await using plane = await startControlPlane();
  await plane.apply(
    namespace("flux-system"),
    ...mayWatch("headrace", USER, GRANTED),
    ...mayLead("headrace", "flux-system", USER),
    RELEASE,
  );
  const router = await startRouter(keeper);
  const adapter = await startAdapter(keeper, {
    router: router.url,
    flowId: "kinds",
    region: "fsn1",
    kubeconfig: await plane.writeKubeconfig("headrace", plane.accessFor("headrace")),
    env: { WATCH_KINDS: "HelmRelease,HelmChart,GitRepository" },
  });
  const stateOf = async (kind: string) => {
    const { kinds } = await (await fetch(`${adapter.health}/readyz`)).json();
    return kinds[kind].state;
  };
  const shows = (...ids: string[]) =>
    waitFor(`the map to show ${ids}`, async () => {
      const response = await fetch(`${router.url}/v1/flows/kinds/snapshot`);
      const answer = await response.json() as Snapshot;
      // Before the adapter's first post there is no such flow.
      const nodes = response.ok ? answer.nodes : [];
      return JSON.stringify(nodes.map(({ id }) => id).sort()) === JSON.stringify(ids);
    });

  await shows("fsn1", "fsn1/bp-weir");
  assertEquals(await stateOf("GitRepository"), "crd-missing");
  await plane.serveCrds("gitrepositories.source.toolkit.fluxcd.io");
  await plane.apply(SOURCE);
  await shows("fsn1", "fsn1/GitRepository/fleet", "fsn1/bp-weir");
  assertEquals(await stateOf("GitRepository"), "synced");
});
