import { assert, assertEquals, assertFalse } from "@std/assert";
import { load } from "js-yaml";

interface Step {
  readonly name?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

interface Job {
  readonly "runs-on": string;
  readonly "timeout-minutes"?: number;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly needs?: string;
  readonly strategy?: { readonly matrix: Readonly<Record<string, readonly string[]>> };
  readonly steps: readonly Step[];
}

interface Workflow {
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions: Readonly<Record<string, string>>;
  readonly concurrency?: unknown;
  readonly env?: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, Job>>;
}

const ROOT = new URL("../", import.meta.url);
const FOLDER = new URL(".github/workflows/", ROOT);

async function workflows(): Promise<{ name: string; text: string; workflow: Workflow }[]> {
  const found = [];
  for await (const { name } of Deno.readDir(FOLDER)) {
    const text = await Deno.readTextFile(new URL(name, FOLDER));
    found.push({ name, text, workflow: load(text) as Workflow });
  }
  return found;
}

Deno.test("every action is pinned to a commit, with its version beside it", async () => {
  for (const { name, text } of await workflows()) {
    const uses = text.match(/uses: .*/g) ?? [];
    assert(uses.length > 0, name);
    for (const line of uses) {
      assert(
        /^uses: [\w-]+\/[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(line),
        `${name}: ${line}`,
      );
    }
  }
});

Deno.test("no job has a permission that it does not name, and none runs for ever", async () => {
  for (const { name, workflow } of await workflows()) {
    assertEquals(workflow.permissions, {}, name);
    for (const [id, job] of Object.entries(workflow.jobs)) {
      assert(job.permissions !== undefined, `${name} ${id}`);
      assertFalse(Object.values(job.permissions).includes("write-all"), id);
      assert((job["timeout-minutes"] ?? 361) <= 60, `${name} ${id} has no timeout`);
      assert(/-\d+\.\d+$/.test(job["runs-on"]), `${id} runs on a floating image`);
    }
  }
});

Deno.test("no foreign text reaches a shell, and no credential stays behind", async () => {
  for (const { name, workflow } of await workflows()) {
    assertFalse("pull_request_target" in workflow.on, name);
    for (const { steps } of Object.values(workflow.jobs)) {
      for (const { uses, run, with: options } of steps) {
        // An expression is pasted into the script before a shell reads it; env is not.
        assertFalse(run?.includes("${{") ?? false, run);
        if (uses?.startsWith("actions/checkout@")) {
          assertEquals(options?.["persist-credentials"], false);
        }
      }
    }
  }
});

Deno.test("a release is checked first, images come before the charts that name them, all is signed", async () => {
  const { workflow } = (await workflows()).find(({ name }) => name === "release.yml")!;
  const { check, images, charts } = workflow.jobs;
  assertEquals([images?.needs, charts?.needs], ["check", "images"]);
  const script = (job?: Job) => job?.steps.map(({ run = "" }) => run).join("\n") ?? "";
  for (const word of ["task ok", "task audit"]) assert(script(check).includes(word), word);
  for (const job of [images, charts]) {
    assertEquals(job?.permissions?.["id-token"], "write");
    assert(/cosign sign --yes "[^"]*(image|@\$digest)/.test(script(job)));
  }
  assert(script(images).includes("cosign attest --yes --type cyclonedx"));
});

Deno.test("a release covers every image and chart that there is, with the pinned Deno", async () => {
  const { workflow } = (await workflows()).find(({ name }) => name === "release.yml")!;
  const names: string[] = [];
  for await (const { name } of Deno.readDir(new URL("containers/", ROOT))) {
    const part = /^(.*)\.Containerfile$/.exec(name)?.[1];
    if (part !== undefined) names.push(part);
  }
  assertEquals([...workflow.jobs["images"]!.strategy!.matrix["part"]!].sort(), names.sort());
  const charts: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(new URL("charts/", ROOT))) {
    if (isDirectory && /^(bp|headrace)-/.test(name) && name !== "headrace-lib") charts.push(name);
  }
  assertEquals([...workflow.jobs["charts"]!.strategy!.matrix["chart"]!].sort(), charts.sort());
  const pinned = /npx -y deno@\S+/.exec(await Deno.readTextFile(new URL(".ci/run", ROOT)))?.[0];
  assertEquals(workflow.env?.["DENO"], pinned);
});
