import { assert, assertEquals, assertThrows } from "@std/assert";
import { taskFlags } from "./task_flags.ts";

const config = JSON.parse(await Deno.readTextFile(new URL("../../deno.json", import.meta.url)));

Deno.test("an artifact's permissions and V8 flags are its task's", () => {
  const tasks = {
    mill: {
      command: "deno run --no-prompt --allow-net=a,b '--allow-env=X_*' --v8-flags=--a=1 mill.ts",
    },
  };
  assertEquals(taskFlags({ tasks }, "mill"), [
    "--allow-net=a,b",
    "--allow-env=X_*",
    "--v8-flags=--a=1",
  ]);
  assertThrows(() => taskFlags({ tasks }, "weir"), Error, "no task weir");
});

Deno.test("no task asks for blanket permissions", () => {
  for (const [name, { command }] of Object.entries<{ command: string }>(config.tasks)) {
    assert(!/(^|\s)(-A|--allow-all)(\s|$)/.test(command), name);
  }
});
