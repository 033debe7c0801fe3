import { assertEquals } from "@std/assert";
import { snapshotOf } from "../contracts/fold.ts";
import { statusResponse } from "../kube/testing/api_documents.ts";
import { ready, wireRelease } from "./flux/testing/release.ts";
import { entry, wireKustomization } from "./flux/testing/kustomization.ts";
import {
  CHARTS,
  type ClusterWorld,
  fluxResource,
  inCluster,
  RELEASES,
} from "./testing/cluster_world.ts";

const installed = (name: string) =>
  wireRelease({ name, conditions: [ready("True", "InstallSucceeded", "done")] });
const idsIn = ({ router }: ClusterWorld) => snapshotOf(router.state).nodes.map(({ id }) => id);

const KUSTOMIZATIONS = fluxResource("Kustomization");

Deno.test("an older Flux is watched under the version that it serves", () =>
  inCluster(async (world) => {
    const older = fluxResource("HelmRelease", "v2beta2");
    world.api.store.register(older);
    world.api.store.put(older, installed("bp-a") as never);
    world.start();
    await world.elapse(1_000);
    assertEquals(idsIn(world), ["fsn1", "fsn1/bp-a"]);
    const watched = world.api.requests.filter(({ kind }) => kind === "watch");
    assertEquals(watched.map(({ url }) => url.pathname.split("/")[3]).sort(), [
      "v1beta2",
      "v2beta2",
    ]);
  }, { crds: [fluxResource("HelmChart", "v1beta2")] }));

Deno.test("a version that vanishes is left for the one that is served, and no node with it", () =>
  inCluster(async (world) => {
    const [older, newer] = [fluxResource("HelmRelease", "v2beta2"), RELEASES];
    world.api.store.register(older);
    world.api.store.put(older, installed("bp-a") as never);
    world.start();
    await world.elapse(1_000);
    const posts = world.router.posts.length;
    // As when a CRD is replaced: the same object, served under another version from now on.
    world.api.store.register(newer);
    const object = world.api.store.get(older, "bp-a", "flux-system");
    world.api.store.put(newer, object as never);
    world.api.refuse = (path) =>
      path.includes("v2beta2") ? statusResponse(404, "NotFound", "not found") : undefined;
    world.api.cutWatches();
    await world.elapse(30_000);
    world.api.store.put(newer, installed("bp-b") as never);
    await world.elapse(1_000);
    assertEquals(idsIn(world), ["fsn1", "fsn1/bp-a", "fsn1/bp-b"]);
    const deletions = world.router.posts.slice(posts).flatMap(({ messages }) => messages)
      .filter(({ type }) => type === "delete-nodes");
    assertEquals(deletions, []);
  }, { crds: [CHARTS] }));

Deno.test("Kustomizations are shown beside releases, and those hang below them", () =>
  inCluster(async (world) => {
    world.put(installed("bp-a"));
    world.api.store.put(
      KUSTOMIZATIONS,
      wireKustomization({
        conditions: [ready("True", "ReconciliationSucceeded")],
        status: { inventory: { entries: [entry("HelmRelease", "bp-a")] } },
      }) as never,
    );
    world.start({ kinds: ["HelmRelease", "HelmChart", "Kustomization"] });
    await world.elapse(1_000);
    const { nodes, relationships } = snapshotOf(world.router.state);
    assertEquals(nodes.map(({ id, status }) => `${id} ${status}`), [
      "fsn1 succeeded",
      "fsn1/Kustomization/apps succeeded",
      "fsn1/bp-a succeeded",
    ]);
    assertEquals(relationships.map(({ fromId, toId }) => `${fromId} < ${toId}`), [
      "fsn1/Kustomization/apps < fsn1",
      "fsn1/bp-a < fsn1/Kustomization/apps",
    ]);
  }, { crds: [RELEASES, CHARTS, KUSTOMIZATIONS] }));

Deno.test("a kind whose CRD is missing holds up nothing, and is picked up when it appears", () =>
  inCluster(async (world) => {
    world.put(installed("bp-a"));
    world.start({ kinds: ["HelmRelease", "Kustomization"] });
    await world.elapse(2_000);
    assertEquals(idsIn(world), ["fsn1", "fsn1/bp-a"]);
    assertEquals(
      world.messages("watch failing, will retry").map(({ kind, code }) => `${kind} ${code}`),
      ["Kustomization crd-missing"],
    );
    world.api.store.register(KUSTOMIZATIONS);
    world.api.store.put(KUSTOMIZATIONS, wireKustomization() as never);
    await world.elapse(15_000);
    assertEquals(idsIn(world), ["fsn1", "fsn1/Kustomization/apps", "fsn1/bp-a"]);
  }));

Deno.test("a kind that may not be listed holds everything up, because half a map would delete", () =>
  inCluster(async (world) => {
    world.put(installed("bp-a"));
    world.router.publish({
      type: "upsert-nodes",
      nodes: [{
        id: "fsn1/Kustomization/apps",
        flowId: "rollout",
        label: "apps",
        status: "running",
      }],
    });
    world.api.refuse = (path) =>
      path.endsWith("/kustomizations") ? statusResponse(403, "Forbidden", "may not") : undefined;
    world.start({ kinds: ["HelmRelease", "Kustomization"] });
    await world.elapse(60_000);
    assertEquals(world.router.posts, []);
    world.api.refuse = () => undefined;
    await world.elapse(60_000);
    assertEquals(idsIn(world), ["fsn1", "fsn1/bp-a"]);
  }, { crds: [RELEASES, KUSTOMIZATIONS] }));

Deno.test("nodes of a kind that is watched no more are removed", () =>
  inCluster(async (world) => {
    world.put(installed("bp-a"));
    world.router.publish({
      type: "upsert-nodes",
      nodes: [{ id: "fsn1/Bucket/x", flowId: "rollout", label: "x", status: "running" }],
    });
    world.start();
    await world.elapse(1_000);
    assertEquals(idsIn(world), ["fsn1", "fsn1/bp-a"]);
  }));

Deno.test("what charts say is there from the first post on, also when they come later", () =>
  inCluster(async (world) => {
    const annotations = { "k8s.io/initial-events-end": "true" };
    const end = { type: "BOOKMARK", object: { metadata: { resourceVersion: "1", annotations } } };
    const listOf = (object: unknown) =>
      new Response([{ type: "ADDED", object }, end].map((e) => JSON.stringify(e) + "\n").join(""));
    const metadata = { name: "flux-system-bp-a", namespace: "flux-system", resourceVersion: "1" };
    const release = { ...installed("bp-a") };
    release["metadata"] = { ...release["metadata"] as object, resourceVersion: "1" };
    world.api.answerNextWith(() => listOf(release), "list");
    world.api.answerNextWith(
      () =>
        new Promise((resolve) =>
          world.clock.after(
            3_000,
            () =>
              resolve(
                listOf({ metadata, status: { artifact: { revision: "1.0.0" } } }),
              ),
          )
        ),
      "list",
    );
    world.start();
    await world.elapse(2_500);
    assertEquals(world.router.posts, []);
    await world.elapse(2_500);
    const [first] = world.router.posts.flatMap(({ messages }) => messages);
    const node = first?.type === "upsert-nodes" ? first.nodes.at(-1) : undefined;
    assertEquals((node?.meta?.["source"] as { revision: string }).revision, "1.0.0");
  }));
