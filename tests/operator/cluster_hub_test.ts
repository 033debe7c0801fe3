import { assertEquals, assertStringIncludes } from "@std/assert";
import { CHAIN, run, story } from "../../operator/transport/testing/objects.ts";
import { createKeeper } from "../cluster/keeper.ts";
import { createAuthority } from "../cluster/x509.ts";
import { StepClient } from "../hub/testing/test_hub.ts";
import { bobrapetPlane, fresh } from "./bobrapet.ts";
import { hubRole, startHub } from "./hub_process.ts";

const STORY = story(CHAIN.map((step) => ({ ...step, transport: "rt" })), {
  spec: { transports: [{ name: "rt", transportRef: "livekit-default" }] },
});

Deno.test("a hub carries the runs of a real cluster, with the permissions of its role", async (t) => {
  await using plane = await bobrapetPlane();
  await using keeper = await createKeeper("headrace-cluster-hub-");
  const { admin } = plane;
  await plane.apply(...hubRole());
  const authority = createAuthority("streams");
  const hub = await startHub(keeper, plane, authority);
  const certificate = authority.issue({
    commonName: "engram",
    usage: "client",
    dnsNames: ["*.demo.svc.cluster.local"],
  });
  const connect = (step: string, name = "run-1") =>
    new StepClient({ running: hub, authority }, step, certificate, { "storyrun-name": name });
  await admin.create(fresh(STORY));

  await t.step("a run is found in the moment that it is made", async () => {
    for (const name of ["run-1", "run-2", "run-3"]) {
      await admin.create(fresh(run(name)));
      using consumer = connect("step-b", name);
      using producer = connect("step-a", name);
      producer.send({ of: name });
      assertEquals(await consumer.received(1), [{ of: name }]);
    }
  });

  await t.step("a run that is not there, and one whose Story is wrong, are refused", async () => {
    using nobody = connect("step-a", "none");
    assertEquals((await nobody.status).code, 5);
    const wrong = fresh(run("wrong"));
    await admin.create({ ...wrong, spec: { storyRef: { name: "bad" } } });
    await admin.create({
      ...fresh(STORY),
      metadata: { name: "bad", namespace: "demo" },
      spec: { pattern: "realtime", steps: [{ name: "a" }] },
    });
    using client = connect("step-a", "wrong");
    assertEquals((await client.status).code, 14);
    const lines = (await hub.logs()).map((line) => JSON.stringify(line));
    assertStringIncludes(lines.join("\n"), "needs a ref (an engram) or a type (a primitive)");
  });

  await t.step("a run that is deleted ends its streams, and no others", async () => {
    using first = connect("step-a", "run-1");
    using consumer = connect("step-b", "run-2");
    using second = connect("step-a", "run-2");
    second.send({ n: 1 });
    await consumer.received(1);
    await admin.remove(fresh(run("run-1")));
    assertEquals(await first.status, { code: 5, details: "the StoryRun is deleted" });
    second.send({ n: 2 });
    assertEquals(await consumer.received(2), [{ n: 1 }, { n: 2 }]);
  });

  await t.step("nothing was refused by the API server", async () => {
    const lines = (await hub.logs()).map((line) => JSON.stringify(line));
    assertEquals(lines.filter((line) => line.includes("forbidden")), []);
  });

  await t.step("streams go on and known runs are taken while the API server is away", async () => {
    using producer = connect("step-a", "run-2");
    await plane.stopApiServer("SIGKILL");
    using consumer = connect("step-b", "run-2");
    producer.send({ n: 1 });
    assertEquals(await consumer.received(1), [{ n: 1 }]);
    using unknown = connect("step-a", "none");
    assertEquals((await unknown.status).code, 14, "UNAVAILABLE: come again");
    assertEquals((await fetch(`${hub.http}/readyz`)).status, 200);
  });
});
