import { assert, assertEquals } from "@std/assert";
import { waitFor } from "../cluster/wait_for.ts";
import { Random } from "../router/random.ts";
import { startWorld } from "./world.ts";

const LEASE = "/apis/coordination.k8s.io/v1/namespaces/flux-system/leases/headrace-adapter-fsn1";

/** What the specification grants, with the lease as it is by default. */
const FAILOVER = 20_000;

Deno.test("the other adapter takes over, with the lease as it is by default", async (t) => {
  await using world = await startWorld(new Random(4), { leaseDuration: "15s" });

  await t.step("within 20 s of a kill -9, and the map is whole", async () => {
    const { leader, standby } = await world.leader();
    await leader.adapter.stop("SIGKILL");
    await world.releases.change();
    await waitFor(
      "the other adapter to lead",
      async () => (await world.leader()).leader === standby,
      { within: FAILOVER },
    );
    await world.isWhole();
    await leader.adapter.start();
  });

  await t.step("at once after a SIGTERM", async () => {
    const { leader, standby } = await world.leader();
    await leader.adapter.stop("SIGTERM");
    const { spec } = await world.plane.admin.request<{ spec: { holderIdentity?: string } }>(LEASE);
    assert(!spec.holderIdentity?.startsWith(`${leader.adapter.name}_`), "it was given back");
    await world.releases.change();
    await world.isWhole();
    assertEquals((await world.leader()).leader, standby);
    await leader.adapter.start();
  });

  await t.step("nothing was taken back", () => {
    assertEquals(world.watchman.complaints, []);
  });
});
