import { assert, assertStringIncludes } from "@std/assert";
import { run } from "../tools/command.ts";
import { findTools } from "../tools/tools.ts";

const FOLDER = new URL("../../.github/workflows/", import.meta.url).pathname;

async function lint(file: string) {
  const { binaries } = await findTools(["actionlint"]);
  // Without the shell and Python checkers, which not every machine has: the same verdict everywhere.
  const args = ["-no-color", "-shellcheck=", "-pyflakes=", file];
  return await run("sh", ["-c", 'exec "$0" "$@"', binaries.actionlint, ...args]);
}

Deno.test("the workflows pass actionlint", async () => {
  for await (const { name } of Deno.readDir(FOLDER)) {
    const { status, stdout } = await lint(FOLDER + name);
    assert(status === 0, stdout);
  }
});

Deno.test("actionlint would have found a mistake", async () => {
  const folder = await Deno.makeTempDir({ prefix: "headrace-workflow-" });
  try {
    const text = await Deno.readTextFile(`${FOLDER}release.yml`);
    await Deno.writeTextFile(`${folder}/wrong.yml`, text.replace("needs: images", "needs: image"));
    const { status, stdout } = await lint(`${folder}/wrong.yml`);
    assert(status !== 0);
    assertStringIncludes(stdout, 'needs job "image"');
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
