import { assertEquals } from "@std/assert";
import { pinned } from "./pinning.ts";

const COMMAND = { program: "server", args: ["--port", "1"], env: { A: "b" } };

Deno.test("a pinned command ends with the command as it was and keeps its environment", () => {
  const { args, env } = pinned(COMMAND, { core: 1, nice: -5 });
  assertEquals(args.slice(-6), ["taskset", "--cpu-list", "1", "server", "--port", "1"]);
  assertEquals(env, COMMAND.env);
});

Deno.test("without cores to choose from a command still gets its files and its end", () => {
  const { args } = pinned(COMMAND, { core: undefined, nice: 0 });
  assertEquals(args.includes("taskset"), false);
  assertEquals(args.slice(-6, -3), ["timeout", "--kill-after=5", "600"]);
});

Deno.test("the script hands the command on whole", async () => {
  const { program, args } = pinned({ program: "echo", args: ["a b", "$c"] }, {
    core: undefined,
    nice: 5,
  });
  const { stdout } = await new Deno.Command(program, { args: [...args] }).output();
  assertEquals(new TextDecoder().decode(stdout), "a b $c\n");
});
