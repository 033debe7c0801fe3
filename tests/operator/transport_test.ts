import { assert, assertEquals, assertMatch } from "@std/assert";
import { ANNOTATIONS, FINALIZER } from "../../contracts/transport/names.ts";
import { binding, CHAIN, run, story, UNLINKED } from "../../operator/transport/testing/objects.ts";
import { createKeeper } from "../cluster/keeper.ts";
import { KubeApiError } from "../cluster/kube_client.ts";
import { waitFor } from "../cluster/wait_for.ts";
import { becomes, bobrapetPlane, find, fresh, report, says } from "./bobrapet.ts";
import { startOperator } from "./operator_process.ts";

Deno.test("on a real API server the seed's two Stories become peers and hub, and let go of their runs", async (t) => {
  await using plane = await bobrapetPlane();
  await using keeper = await createKeeper("headrace-operator-");
  const { admin } = plane;
  const operator = await startOperator(keeper, plane, { args: ["--leader-elect"] });
  const named = (name: string, steps: typeof CHAIN) => {
    const made = fresh(story(steps));
    return { ...made, metadata: { ...made.metadata, name } };
  };
  const runOf = (name: string, storyName: string) => ({
    ...fresh(run(name)),
    spec: { storyRef: { name: storyName } },
  });
  const cases = [
    { name: "peers", steps: CHAIN, route: "True/PeerToPeer" },
    { name: "mediated", steps: UNLINKED, route: "True/HubMediated" },
  ];

  for (const { name, steps, route } of cases) {
    await t.step(`${name}: from pending to ready`, async () => {
      const storyRun = runOf(`${name}-1`, name);
      const bindings = steps.map((step) => fresh(binding(step.name, { run: `${name}-1` })));
      await admin.create(named(name, steps));
      await admin.create(storyRun);
      await becomes(admin, storyRun, "TransportReady", /^False\/Reconciling: .*step-a, step-b$/);
      assertEquals((await find(admin, storyRun))?.metadata.finalizers, [FINALIZER]);
      for (const one of bindings) await admin.create(one);
      await becomes(
        admin,
        storyRun,
        "TransportReady",
        /^True\/TransportReady: Transport is ready$/,
      );
      await becomes(admin, storyRun, "Ready", /^False\/Reconciling: .*connectors of steps step-a/);
      for (const one of bindings) await report(admin, one);
      await becomes(admin, storyRun, "Ready", /^True\/TransportReady: Transport is ready$/);
      assert((await says(admin, storyRun, "TopologyResolved")).startsWith(route));
      const [first] = bindings;
      const made = first && await find(admin, first);
      assertEquals(
        made?.metadata.annotations?.[ANNOTATIONS.routingMode],
        name === "peers" ? "p2p" : "hub",
      );
      assertEquals(
        (made?.status as { endpoint?: string }).endpoint,
        "bobravoz-grpc-hub.demo.svc.cluster.local:9000",
      );
    });
  }

  await t.step("Events tell of the transition, once a run", async () => {
    const events = await waitFor("two events", async () => {
      const { items } = await admin.list("/apis/events.k8s.io/v1/namespaces/demo/events");
      return items.length >= 2 && items;
    });
    assertEquals(events.length, 2);
    for (const event of events) {
      assertMatch(String(event["note"]), /^Transport grpc ready for StoryRun demo\/\w+-1 after/);
    }
  });

  await t.step(
    "nothing is written when nothing changes, also by one that starts anew",
    async () => {
      const objects = [
        ...cases.map(({ name }) => runOf(`${name}-1`, name)),
        fresh(binding("step-a", { run: "peers-1" })),
      ];
      const versions = () =>
        Promise.all(objects.map(async (one) => (await find(admin, one))?.metadata.resourceVersion));
      const before = await versions();
      await operator.stop("SIGTERM");
      await operator.start();
      const done = 'headrace_reconcile_total{kind="StoryRun",result="success"}';
      await waitFor("both runs to be looked at", async () => await operator.metric(done) >= 2);
      assertEquals(await versions(), before);
    },
  );

  await t.step("a run of 100 steps says what it waits for, as far as there is room", async () => {
    const name = "long";
    const steps = Array.from({ length: 100 }, (_, n) => ({ name: `${"x".repeat(40)}-${n}` }));
    await admin.create(named(name, steps));
    await admin.create(runOf(name, name));
    await becomes(admin, runOf(name, name), "TransportReady", /^False\/Reconciling: .*…$/);
    assertMatch(await says(admin, runOf(name, name), "Ready"), /^False\/Reconciling: .*…$/);
    await admin.remove(runOf(name, name));
  });

  await t.step("runs go when they are deleted, whatever has become of their Story", async () => {
    await admin.remove(named("peers", CHAIN));
    await admin.patch(named("mediated", UNLINKED), { spec: { pattern: "batch" } });
    for (const { name } of cases) {
      await admin.remove(runOf(`${name}-1`, name)).catch((error) => {
        // Let go of when the Story turned batch: then it is gone at once.
        if (!(error instanceof KubeApiError)) throw error;
      });
      await waitFor(
        `${name}-1 to go`,
        async () => await find(admin, runOf(`${name}-1`, name)) === undefined,
      );
    }
  });

  await t.step("nothing was refused: the role has all that the operator needs", async () => {
    const warnings = (await operator.logs()).filter(({ level }) => level !== "INFO");
    assertEquals(warnings.filter(({ code }) => code === "forbidden"), []);
  });
});
