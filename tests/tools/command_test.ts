import { assertEquals, assertRejects } from "@std/assert";
import { run } from "./command.ts";

Deno.test("run gives the output, and each line of standard error as it comes", async () => {
  const lines: string[] = [];
  const finished = await run("sh", ["-c", "echo out; echo one >&2; printf 'two\\nrest' >&2"], {
    onLine: (line) => lines.push(line),
  });
  assertEquals(finished.status, 0);
  assertEquals(finished.stdout, "out\n");
  assertEquals(finished.stderr, "one\ntwo\nrest");
  assertEquals(lines, ["one", "two", "rest"]);
});

Deno.test("a program that fails is an answer, one that cannot be started an error", async () => {
  assertEquals((await run("sh", ["-c", "exit 3"])).status, 3);
  await assertRejects(() => run("sh", [], { cwd: "/nonexistent" }), Deno.errors.NotFound);
});

Deno.test("an aborted run ends the program and rejects with the reason", async () => {
  const abort = new AbortController();
  const running = run("sh", ["-c", "echo started >&2; exec sleep 600"], {
    signal: abort.signal,
    onLine: () => abort.abort(new Error("interrupted")),
  });
  await assertRejects(() => running, Error, "interrupted");
});
