import { assertEquals } from "@std/assert";
import { pinned } from "./pinning.ts";

const COMMAND = { program: "server", args: ["--port", "1"], env: { A: "b" } };

Deno.test("a pinned command ends with the command as it was and keeps its environment", () => {
  const { args, env } = pinned(COMMAND, 1);
  assertEquals(args.slice(-6), ["taskset", "--cpu-list", "1", "server", "--port", "1"]);
  assertEquals(env, COMMAND.env);
});

Deno.test("without cores to choose from a command still gets its files and its end", () => {
  const { args } = pinned(COMMAND, undefined);
  assertEquals(args.includes("taskset"), false);
  assertEquals(args.slice(-6, -3), ["timeout", "--kill-after=5", "600"]);
});
