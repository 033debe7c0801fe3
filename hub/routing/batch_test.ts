import { assert, assertEquals } from "@std/assert";
import { parse } from "../../contracts/transport/parse.ts";
import { type StepRun, stepRunSchema } from "../../contracts/transport/runs.ts";
import type { FinishedStep, StepStarter } from "../primitives/step_starter.ts";
import { message, setUp, turn } from "./testing/routed.ts";

const ENGRAM = {
  kind: "Engram",
  metadata: { name: "ocr", namespace: "demo" },
  spec: { mode: "job" },
};

const STEPS = [
  { name: "a" },
  { name: "job", ref: { name: "ocr" }, needs: ["a"], runtime: { page: "{{ packet.page }}" } },
  { name: "b", needs: ["a"] },
  { name: "c", needs: ["job"] },
];

/** Jobs that end as a test says, with what was started. */
function jobs(end: (run: StepRun) => FinishedStep | Promise<FinishedStep>) {
  const started: StepRun[] = [];
  const steps: StepStarter = {
    start: (run) => Promise.resolve(void started.push(run)),
    finished: (_namespace, name) => {
      const run = started.find(({ metadata }) => metadata.name === name);
      assert(run !== undefined);
      return Promise.resolve(end(run));
    },
  };
  return { started, steps };
}

const never = () => new Promise<void>(() => {});

Deno.test("a packet for a batch engram becomes a StepRun, and its output goes on in its place", async () => {
  const { started, steps } = jobs(() => ({ phase: "Succeeded", output: { text: "hi" } }));
  const { route } = await setUp(STEPS, { steps, wait: never }, {}, [ENGRAM]);
  assertEquals(await route("a", { page: 7 }, message("m1")), [
    'job puts out {"text":"hi"} m1',
    "b",
  ]);
  assertEquals(started.map((run) => parse(stepRunSchema, run, "run")), [{
    apiVersion: "runs.bubustack.io/v1alpha1",
    kind: "StepRun",
    metadata: {
      name: "voice-1-job-m1",
      namespace: "demo",
      labels: {
        "bubustack.io/storyrun": "voice-1",
        "bubustack.io/story-name": "voice",
        "bubustack.io/hybrid": "true",
      },
      annotations: {
        "bubustack.io/upstream-step": "a",
        "bubustack.io/inputs-resolved": "true",
      },
    },
    spec: {
      storyRunRef: { name: "voice-1" },
      stepId: "job",
      engramRef: { name: "ocr" },
      input: { page: 7 },
    },
  }]);
  assertEquals(await route("job", { text: "hi" }, message("m1")), ["c"]);
});

Deno.test("a job that fails is a dead letter for its step and tells of the run; others go on", async () => {
  const degraded: string[] = [];
  const { steps } = jobs(() => ({ phase: "Failed", message: "no such page" }));
  const { route } = await setUp(
    STEPS,
    {
      steps,
      wait: never,
      conditions: {
        degrade: (_run, reason, text) => degraded.push(`${reason} ${text}`),
        recover() {},
      },
    },
    {},
    [ENGRAM],
  );
  const why = 'step "job": voice-1-job-m1 ended as Failed: no such page';
  assertEquals(await route("a", { page: 7 }, message("m1")), [`job: ${why}`, "b"]);
  assertEquals(degraded, [`ExecutionFailed ${why}`]);
});

Deno.test("what a job puts out that is no object is its result; nothing is nothing", async () => {
  for (
    const [output, expected] of [["hi", 'job puts out {"result":"hi"}'], [undefined, "job done"]]
  ) {
    const { steps } = jobs(() => ({ phase: "Succeeded", output }));
    const { route } = await setUp(STEPS, { steps, wait: never }, {}, [ENGRAM]);
    assertEquals(await route("a", { page: 7 }), [expected, "b"]);
  }
});

Deno.test("jobs run beside each other, and one too large or without a runner fails alone", async () => {
  const ends: (() => void)[] = [];
  const { started, steps } = jobs(() =>
    new Promise((resolve) => ends.push(() => resolve({ phase: "Succeeded" })))
  );
  const { route } = await setUp(STEPS, { steps, wait: never }, {}, [ENGRAM]);
  const routed = [1, 2].map((page) => route("a", { page }, message(`m${page}`)));
  await turn();
  assertEquals(started.length, 2);
  for (const end of ends) end();
  await Promise.all(routed);
  const [large] = await route("a", { page: "x".repeat(1024 * 1024) });
  assert(large?.includes("too large for a job"));
  const without = await setUp(STEPS, {}, {}, [ENGRAM]);
  assertEquals(await without.route("a", { page: 1 }), [
    'job: step "job": nothing here runs batch engrams',
    "b",
  ]);
});
