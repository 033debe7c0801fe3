import { assertEquals } from "@std/assert";
import { binding, CHAIN, run, story } from "../../operator/transport/testing/objects.ts";
import { createKeeper } from "../cluster/keeper.ts";
import { startRouter } from "../cluster/product.ts";
import { waitFor } from "../cluster/wait_for.ts";
import { becomes, bobrapetPlane, fresh, report } from "./bobrapet.ts";
import { startOperator } from "./operator_process.ts";

const ID = "storyrun:fsn1:demo:run-1";

Deno.test("a real router shows a run as it goes, and its end when nobody was there to see it", async (t) => {
  await using plane = await bobrapetPlane();
  await using keeper = await createKeeper("headrace-map-");
  const { admin } = plane;
  const router = await startRouter(keeper);
  const operator = await startOperator(keeper, plane, {
    args: ["--cluster-name=fsn1"],
    env: { FLOW_SERVER_URL: router.url },
  });
  const bindings = CHAIN.map(({ name }) => fresh(binding(name)));
  const becomesOnMap = async (id: string, status: string) => {
    let seen: unknown;
    return await waitFor(`${id} to be ${status}`, async () => {
      const path = `${router.url}/v1/flows/${encodeURIComponent(id)}/snapshot`;
      const response = await fetch(path);
      seen = await response.json();
      const { flow, nodes } = seen as {
        flow?: { status: string; endedAt?: number };
        nodes?: { id: string; status: string; region: string }[];
      };
      return flow?.status === status && { flow, nodes: nodes ?? [] };
    }, { describe: () => JSON.stringify(seen) });
  };

  await t.step("pending, then running when its connectors have reported", async () => {
    await admin.create(fresh(story(CHAIN)));
    await admin.create(fresh(run()));
    for (const one of bindings) await admin.create(one);
    await becomes(admin, fresh(run()), "TransportReady", /^True/);
    await becomesOnMap(ID, "pending");
    for (const one of bindings) await report(admin, one);
    const { nodes } = await becomesOnMap(ID, "running");
    assertEquals(nodes.map(({ id, status, region }) => [id, status, region]), [
      ["step-a", "running", "fsn1"],
      ["step-b", "running", "fsn1"],
    ]);
  });

  await t.step("cancelled, when it went while no operator ran; others' flows stay", async () => {
    const foreign = "storyrun:hel1:demo:run-1";
    const posted = await fetch(`${router.url}/v1/flows/${encodeURIComponent(foreign)}/events`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        type: "upsert-flow",
        flow: { id: foreign, status: "running", startedAt: 1 },
      }),
    });
    assertEquals(posted.ok, true, await posted.text());
    await operator.stop("SIGKILL");
    // Somebody has lost patience with the finalizer.
    await admin.patch(fresh(run()), { metadata: { finalizers: null } });
    await admin.remove(fresh(run()));
    await becomesOnMap(ID, "running");
    await operator.start();
    const { flow, nodes } = await becomesOnMap(ID, "cancelled");
    assertEquals(flow.endedAt !== undefined, true);
    assertEquals(nodes.map(({ status }) => status), ["cancelled", "cancelled"]);
    await becomesOnMap(foreign, "running");
    const lines = (await operator.logs()).map(({ msg }) => msg);
    assertEquals(lines.filter((line) => line === "ended flows of deleted runs").length, 1);
  });
});
