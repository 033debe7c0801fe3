import { assertEquals } from "@std/assert";
import { FINALIZER } from "../../contracts/transport/names.ts";
import { binding, CHAIN, run, story } from "../../operator/transport/testing/objects.ts";
import { createKeeper } from "../cluster/keeper.ts";
import { KubeApiError } from "../cluster/kube_client.ts";
import type { KubeObject } from "../cluster/kube_object.ts";
import { waitFor } from "../cluster/wait_for.ts";
import { Random } from "../router/random.ts";
import { becomes, bobrapetPlane, find, fresh, report } from "./bobrapet.ts";
import { startOperator } from "./operator_process.ts";

const ROUNDS = 40;
const RUNS_A_ROUND = 4;

Deno.test("an operator that is killed again and again ends where an undisturbed one does", async (t) => {
  await using plane = await bobrapetPlane();
  await using keeper = await createKeeper("headrace-faults-");
  const { admin } = plane;
  const operator = await startOperator(keeper, plane);
  await admin.create(fresh(story(CHAIN)));
  const seed = Date.now() % 1_000_000;
  const random = new Random(seed);
  const kept: string[] = [];
  const deleted: string[] = [];
  const bindingsOf = (name: string) =>
    CHAIN.map((step) => fresh(binding(step.name, { run: name })));

  await t.step(`${ROUNDS} rounds, seed ${seed}`, async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const names = Array.from({ length: RUNS_A_ROUND }, (_, i) => `run-${round}-${i}`);
      const steps: (() => Promise<unknown>)[] = names.flatMap((name) => [
        () => admin.create(fresh(run(name))),
        ...bindingsOf(name).map((one) => () => admin.create(one)),
        async () => {
          if (random.chance(0.5)) return void kept.push(name);
          deleted.push(name);
          await admin.remove(fresh(run(name)));
        },
      ]);
      const killAt = random.below(steps.length);
      for (const [index, step] of steps.entries()) {
        await step();
        if (index !== killAt) continue;
        await new Promise((resolve) => setTimeout(resolve, random.below(30)));
        await operator.stop("SIGKILL");
      }
      await operator.start();
      for (const one of names.filter((name) => kept.includes(name)).flatMap(bindingsOf)) {
        // As a connector does: against whatever the operator has written meanwhile.
        await waitFor("the report to be taken", () => reported(() => report(admin, one)));
      }
    }
  });

  await t.step("runs that were kept are ready, those that were deleted are gone", async () => {
    for (const name of kept) {
      await becomes(admin, fresh(run(name)), "Ready", /^True\/TransportReady/);
      assertEquals((await find(admin, fresh(run(name))))?.metadata.finalizers, [FINALIZER]);
    }
    for (const name of deleted) {
      await waitFor(`${name} to go`, async () => await find(admin, fresh(run(name))) === undefined);
    }
  });

  await t.step("every run that was kept is the same, but for names and times", async () => {
    const shapes = new Set<string>();
    for (const name of kept) {
      const storyRun = await find(admin, fresh(run(name)));
      const bindings = await Promise.all(bindingsOf(name).map((one) => find(admin, one)));
      shapes.add(shapeOf([storyRun, ...bindings], name));
    }
    assertEquals(shapes.size, 1, [...shapes].join("\n"));
  });

  await t.step("an API server that restarts changes nothing", async () => {
    await plane.stopApiServer("SIGKILL");
    await plane.startApiServer();
    await admin.create(fresh(run("after")));
    for (const one of bindingsOf("after")) await admin.create(one);
    await becomes(admin, fresh(run("after")), "TransportReady", /^True/);
  });
});

async function reported(report: () => Promise<void>): Promise<boolean> {
  try {
    await report();
    return true;
  } catch (error) {
    if (error instanceof KubeApiError && error.code === 409) return false;
    throw error;
  }
}

/** What the operator has written, without what may differ between runs. */
function shapeOf(objects: readonly (KubeObject | undefined)[], name: string): string {
  return JSON.stringify(
    objects.map((object) => [
      object?.metadata.annotations,
      object?.metadata.finalizers,
      object?.status,
    ]),
    (key, value) =>
      key === "lastTransitionTime"
        ? undefined
        : key === "conditions"
        ? [...value].sort((a, b) => a.type < b.type ? -1 : 1)
        : value,
  ).replaceAll(name, "<run>");
}
