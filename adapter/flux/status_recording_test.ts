import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { isSettled } from "../../contracts/phase.ts";
import { readRecording, type RecordingName, RECORDINGS } from "./testing/recording.ts";
import { goldenFile, recordedSteps, statusGolden, type Step } from "./testing/status_golden.ts";

const UPDATE = "deno run --allow-read=. --allow-write=adapter/flux/golden " +
  "adapter/flux/testing/status_golden.ts --update";

for (const name of RECORDINGS) {
  Deno.test(`everything said about the releases of ${name} is what was reviewed`, async () => {
    const golden = await Deno.readTextFile(goldenFile(name));
    assertEquals(statusGolden(await readRecording(name)), golden, `if right: ${UPDATE}`);
  });

  Deno.test(`no release of ${name} goes from succeeded to running while its spec is the same`, async () => {
    for (const [key, steps] of recordedSteps(await readRecording(name))) {
      for (const [before, after] of pairs(steps)) {
        if (before.generation !== after.generation || before.status?.status !== "succeeded") {
          continue;
        }
        assertEquals(after.status?.status, "succeeded", `${key} at ${after.t} ms`);
      }
    }
  });

  Deno.test(`whatever of ${name} waits for a dependency says for which`, async () => {
    let blocked = 0;
    for (const [key, steps] of recordedSteps(await readRecording(name))) {
      for (const { t, status } of steps) {
        if (status?.state !== "blocked") continue;
        assertEquals([status.status, status.blockedBy.length], ["pending", 1], `${key} at ${t} ms`);
        blocked++;
      }
    }
    assert(blocked > 2);
  });

  Deno.test(`all work of ${name} begins before it ends and within the recording`, async () => {
    const events = await readRecording(name);
    for (const [key, steps] of recordedSteps(events)) {
      for (const { status } of steps) {
        if (status === undefined) continue;
        const { startedAt, endedAt } = status;
        if (startedAt !== undefined && endedAt !== undefined) assert(startedAt <= endedAt, key);
        assertEquals(endedAt !== undefined, isSettled(status.status), key);
      }
    }
  });
}

Deno.test("bp-keycloak stalls with RetriesExceeded and why, and is repaired", async () => {
  const steps = await stepsOf("flux-system/bp-keycloak");
  const stalled = steps.find(({ status }) => status?.state === "stalled")?.status;
  assertEquals([stalled?.status, stalled?.reason], ["failed", "RetriesExceeded"]);
  assertStringIncludes(stalled?.message ?? "", "Failed to install after 1 attempt(s)");
  assertStringIncludes(stalled?.message ?? "", "timeout waiting for: [Deployment/apps/bp-keycloak");
  assertEquals(storyOf(steps), [
    "pending queued",
    "pending blocked",
    "running installing",
    "failed failed",
    "failed stalled",
    "pending queued",
    "running upgrading",
    "succeeded succeeded",
  ]);
});

Deno.test("while bp-keycloak is broken its dependants are pending and wait for it", async () => {
  const steps = recordedSteps(await readRecording("fsn1"));
  const keycloak = steps.get("flux-system/bp-keycloak") ?? [];
  const stalledAt = keycloak.find(({ status }) => status?.state === "stalled")?.t ?? NaN;
  const repairedAt = keycloak.find(({ generation }) => generation === 2)?.t ?? NaN;
  for (const name of ["bp-gitea", "bp-grafana"]) {
    const during = (steps.get(`flux-system/${name}`) ?? []).filter(({ t }) => t < repairedAt);
    const { status } = during.at(-1) ?? {};
    assertEquals([status?.status, status?.state], ["pending", "blocked"], name);
    assertEquals(status?.blockedBy, [{ namespace: "flux-system", name: "bp-keycloak" }], name);
    assert(stalledAt < repairedAt);
  }
});

Deno.test("bp-grafana succeeds, then its upgrade fails for good", async () => {
  const steps = await stepsOf("flux-system/bp-grafana");
  assertEquals(storyOf(steps).slice(-6), [
    "running installing",
    "succeeded succeeded",
    "pending queued",
    "running upgrading",
    "failed failed",
    "failed stalled",
  ]);
  assertStringIncludes(steps.at(-1)?.status?.message ?? "", "Failed to upgrade after 1 attempt(s)");
  assertStringIncludes(steps.at(-1)?.status?.message ?? "", "server-side apply failed");
});

Deno.test("bp-tempo is suspended and stays what it was", async () => {
  const story = storyOf(await stepsOf("flux-system/bp-tempo"));
  assertEquals(story.slice(-2), ["succeeded succeeded", "succeeded suspended"]);
});

Deno.test("bp-external-dns terminates and is gone", async () => {
  const story = storyOf(await stepsOf("flux-system/bp-external-dns"));
  assertEquals(story.slice(-3), ["succeeded succeeded", "running terminating", "gone"]);
});

Deno.test("bp-mimir of the lab is rolled back, and still says what was wrong", async () => {
  const steps = await stepsOf("flux-system/bp-mimir", "lab");
  assertEquals(storyOf(steps).slice(-3), [
    "failed failed",
    "failed rolling-back",
    "failed stalled",
  ]);
  const { message = "" } = steps.at(-1)?.status ?? {};
  for (const words of ["Failed to upgrade after 1", '"Watermill"', "Helm rollback"]) {
    assertStringIncludes(message, words);
  }
});

Deno.test("bp-crossplane of the lab fails to terminate, and then it is gone", async () => {
  const story = storyOf(await stepsOf("flux-system/bp-crossplane", "lab"));
  assertEquals(story.slice(-4), [
    "running terminating",
    "failed terminating",
    "running terminating",
    "gone",
  ]);
});

async function stepsOf(key: string, recording: RecordingName = "fsn1"): Promise<Step[]> {
  const steps = recordedSteps(await readRecording(recording)).get(key);
  assert(steps !== undefined, `${key} is in the recording`);
  return steps;
}

/** Status and state without repetitions. */
function storyOf(steps: readonly Step[]): string[] {
  const story = steps.map(({ status }) => status ? `${status.status} ${status.state}` : "gone");
  return story.filter((line, index) => line !== story[index - 1]);
}

function pairs(steps: readonly Step[]): [Step, Step][] {
  return steps.slice(1).map((after, index) => [steps[index] ?? after, after]);
}
