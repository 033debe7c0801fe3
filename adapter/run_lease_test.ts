import { assert, assertEquals } from "@std/assert";
import { snapshotOf } from "../contracts/fold.ts";
import { LEASES } from "../kube/lease.ts";
import type { LeaseSpec } from "../kube/lease_decision.ts";
import { ready, wireRelease } from "./flux/testing/release.ts";
import {
  type ClusterWorld,
  inCluster,
  RELEASES,
  type StartOptions,
} from "./testing/cluster_world.ts";

const installed = (name: string, message = "done") =>
  wireRelease({ name, conditions: [ready("True", "InstallSucceeded", message)] });
const broken = (name: string) =>
  wireRelease({ name, conditions: [ready("False", "UpgradeFailed", "broken")] });

/** Who posted, in order, without repetitions. */
function posters({ router }: ClusterWorld): string[] {
  const clients = router.posts.map(({ client }) => client);
  return clients.filter((client, i) => client !== clients[i - 1]);
}

function statusOf({ router }: ClusterWorld, id: string): string | undefined {
  return snapshotOf(router.state).nodes.find((node) => node.id === id)?.status;
}

const as = (identity: string): StartOptions => ({ identity });

Deno.test("of two adapters of one cluster one posts, and the other says for whom it stands by", () =>
  inCluster(async (world) => {
    world.put(installed("bp-a"));
    world.start({}, as("a"));
    await world.elapse(1_000);
    const listening = Promise.withResolvers<string>();
    const healthListenAddr = { hostname: "127.0.0.1", port: 0 };
    world.start({ healthListenAddr }, { identity: "b", onHealthListen: listening.resolve });
    await world.elapse(5_000);
    world.put(broken("bp-a"));
    await world.elapse(60_000);
    assertEquals(posters(world), ["a"]);
    assertEquals(statusOf(world, "fsn1/bp-a"), "failed");
    assertEquals(world.messages("leading").map(({ by, lease }) => [by, lease]), [
      ["a", "flux-system/headrace-adapter-fsn1"],
    ]);
    assertEquals(world.messages("standing by").map(({ by, leader }) => [by, leader]), [["b", "a"]]);
    const response = await fetch(`http://${await listening.promise}/readyz`);
    const { role, lease, router } = await response.json();
    assertEquals([response.status, role, lease.leader, router], [200, "standby", "a", undefined]);
  }));

Deno.test("one that stands by asks nothing of the router", () =>
  inCluster(async ({ router, start, elapse, put }) => {
    put(installed("bp-a"));
    start({}, as("a"));
    await elapse(1_000);
    start({}, as("b"));
    await elapse(60_000);
    assertEquals(new Set(router.requests.map(({ client }) => client)), new Set(["a"]));
  }));

Deno.test("a leader that dies is followed in less than 20 s, and nothing is missing", () =>
  inCluster(async (world) => {
    world.put(installed("bp-a"));
    world.put(installed("bp-b"));
    const a = world.start({}, as("a"));
    await world.elapse(1_000);
    world.start({}, as("b"));
    await world.elapse(7_000);
    a.network.api = a.network.router = "cut";
    // What happens while nobody posts.
    world.put(broken("bp-a"));
    world.api.store.remove(RELEASES, "bp-b", "flux-system");
    world.put(installed("bp-c"));
    await world.elapse(19_000);
    assertEquals(posters(world), ["a", "b"]);
    assertEquals(snapshotOf(world.router.state).nodes.map(({ id, status }) => `${id} ${status}`), [
      "fsn1 failed",
      "fsn1/bp-a failed",
      "fsn1/bp-c succeeded",
    ]);
  }));

Deno.test("a leader that is cut off from its API server posts nothing after the deadline", () =>
  inCluster(async (world) => {
    world.put(installed("bp-a"));
    const a = world.start({}, as("a"));
    await world.elapse(1_000);
    world.start({}, as("b"));
    await world.elapse(6_000);
    a.network.api = "void";
    const cutAt = world.clock.now();
    // Its router is there, and has just lost everything: it would be made good.
    await world.elapse(9_500);
    const before = world.router.posts.length;
    world.router.restart();
    await world.elapse(30_000);
    assertEquals(posters(world), ["a", "b"]);
    const late = world.router.posts.slice(before).filter(({ client, at }) =>
      client === "a" && at > cutAt + 10_000
    );
    assertEquals(late, []);
    assertEquals(world.messages("not leading any more, posting nothing").map(({ by }) => by), [
      "a",
    ]);
    // It comes back, learns who leads, and stands by.
    a.network.api = "up";
    await world.elapse(30_000);
    assertEquals(posters(world), ["a", "b"]);
    assertEquals(world.messages("standing by").at(-1)?.["by"], "a");
  }));

Deno.test("a post that hangs when the lease is lost is cut", () =>
  inCluster(async (world) => {
    world.put(installed("bp-a"));
    const a = world.start({ postTimeout: 60_000 }, as("a"));
    await world.elapse(5_000);
    a.network.api = "void";
    world.router.faults.push({ type: "late" });
    world.router.restart();
    await world.elapse(7_000);
    assertEquals(world.router.hanging, 1);
    await world.elapse(5_000);
    assertEquals(world.router.hanging, 0);
    // The loss is no failure of the router.
    assertEquals(world.messages("router request failed, will retry"), []);
  }));

Deno.test("the end posts what has just changed, and gives the lease back after it", () =>
  inCluster(async (world) => {
    world.put(installed("bp-a"));
    const a = world.start({ emitInterval: 60_000 }, as("a"));
    await world.elapse(1_000);
    world.start({}, as("b"));
    await world.elapse(5_000);
    world.put(broken("bp-a"));
    await world.elapse(10);
    const posts = world.router.posts.length;
    a.stop();
    await world.elapse(0);
    assert(world.router.posts.length > posts);
    assertEquals(world.router.posts.at(-1)?.client, "a");
    const lease = world.api.store.get(LEASES, "headrace-adapter-fsn1", "flux-system");
    assertEquals((lease?.spec as LeaseSpec).holderIdentity, null);
    assertEquals(statusOf(world, "fsn1/bp-a"), "failed");
    // The next one has it within a few seconds, and nothing to add.
    await world.elapse(3_000);
    assertEquals(world.messages("leading").map(({ by }) => by), ["a", "b"]);
    assertEquals(posters(world), ["a"]);
  }));

Deno.test("without permission nobody posts, what to grant is said, and it heals", () =>
  inCluster(async (world) => {
    world.put(installed("bp-a"));
    const { api } = world;
    const denied = { code: 403, reason: "Forbidden", message: 'cannot get resource "leases"' };
    const deny = () => new Response(JSON.stringify(denied), { status: 403 });
    api.refuse = (path) => path.includes("/leases") ? deny() : undefined;
    world.start({}, as("a"));
    await world.elapse(60_000);
    assertEquals(world.router.requests, []);
    const said = world.messages("lease cannot be used, will retry");
    assertEquals(said.map(({ level, code }) => [level, code]), [
      ["WARN", "forbidden"],
      ["ERROR", "forbidden"],
    ]);
    assert(String(said[0]?.["err"]).includes("grant get, create and update on leases"));
    api.refuse = () => undefined;
    await world.elapse(15_000);
    assertEquals(statusOf(world, "fsn1/bp-a"), "succeeded");
    assertEquals(world.messages("lease answers again").length, 1);
  }));

Deno.test("adapters of two regions do not wait for each other", () =>
  inCluster(async (world) => {
    world.put(installed("bp-a"));
    world.start({ regionKey: "fsn1" });
    world.start({ regionKey: "hel1" });
    await world.elapse(2_000);
    assertEquals([statusOf(world, "fsn1"), statusOf(world, "hel1")], ["succeeded", "succeeded"]);
  }));

Deno.test("an adapter whose watch fell silent rolls nothing back, and catches up", () =>
  inCluster(async (world) => {
    world.put(installed("bp-a"));
    world.start({}, { client: "slow" });
    await world.elapse(1_000);
    world.api.muteWatches();
    world.put(broken("bp-a"));
    world.put(installed("bp-b"));
    world.start({}, { client: "fresh" });
    await world.elapse(3_000);
    assertEquals(posters(world), ["slow", "fresh"]);
    await world.elapse(20_000);
    // The slow one would have made its old state good: failed back to succeeded, and bp-b gone.
    assertEquals(posters(world), ["slow", "fresh"]);
    assertEquals([statusOf(world, "fsn1/bp-a"), statusOf(world, "fsn1/bp-b")], [
      "failed",
      "succeeded",
    ]);
    const said = world.messages("router has a later state, listing again");
    assertEquals(said.map(({ behind }) => behind), [["HelmRelease/flux-system"]]);
    // Its watch is open again: it hears of this by itself.
    world.api.store.remove(RELEASES, "bp-b", "flux-system");
    await world.elapse(1_000);
    assertEquals(statusOf(world, "fsn1/bp-b"), undefined);
    assertEquals(world.messages("status").filter(({ to }) => to === "deleted").length, 2);
  }));

Deno.test("a cluster that was built anew is shown as it is, whatever the router remembers", () =>
  inCluster(async (world) => {
    world.put(installed("bp-a"));
    world.router.publish({
      type: "upsert-nodes",
      nodes: [
        {
          id: "fsn1",
          flowId: "rollout",
          label: "fsn1",
          status: "failed",
          family: "region",
          region: "fsn1",
          meta: { resourceVersions: { "HelmRelease/flux-system": "123456789" } },
        },
        { id: "fsn1/bp-old", flowId: "rollout", label: "bp-old", status: "failed" },
      ],
    });
    world.start();
    await world.elapse(2_000);
    assertEquals(snapshotOf(world.router.state).nodes.map(({ id, status }) => `${id} ${status}`), [
      "fsn1 succeeded",
      "fsn1/bp-a succeeded",
    ]);
    assertEquals(world.api.requests.filter(({ kind }) => kind === "list").length, 3);
  }));
