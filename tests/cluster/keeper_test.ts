import { assert, assertEquals, assertFalse, assertMatch, assertStringIncludes } from "@std/assert";
import { createKeeper } from "./keeper.ts";
import { waitFor } from "./wait_for.ts";

/** A program that says its own pid and then waits. */
const SLEEPER = ["-c", "echo pid $$; exec sleep 600"];

function pidIn(text: string): number | undefined {
  const pid = /pid (\d+)/.exec(text)?.[1];
  return pid === undefined ? undefined : Number(pid);
}

/** Whether somebody still listens: the kernel closes a port with its process. */
async function listens(port: number): Promise<boolean> {
  try {
    (await Deno.connect({ hostname: "127.0.0.1", port })).close();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.ConnectionRefused) return false;
    throw error;
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch {
    return false;
  }
}

Deno.test("a kept process has the pid it was started with, and its output is kept", async () => {
  await using keeper = await createKeeper("headrace-keeper-");
  const process = keeper.start({ name: "sleeper", program: "sh", args: SLEEPER });
  const pid = await waitFor("its pid", async () => pidIn(await process.output().catch(() => "")));
  assertEquals(pid, process.pid);
  await process.stop("SIGTERM");
  assertEquals(await process.ended, "sleeper ended with SIGTERM");
  await process.stop("SIGKILL");
});

Deno.test("a process that ends by itself says how, and a second start appends to its log", async () => {
  await using keeper = await createKeeper("headrace-keeper-");
  for (const word of ["first", "second"]) {
    const process = keeper.start({
      name: "echo",
      program: "sh",
      args: ["-c", 'echo "$WORD"; exit 3'],
      env: { WORD: word },
    });
    assertEquals(await process.ended, "echo ended with status 3");
    assertStringIncludes(await process.output(), word);
  }
  assertEquals(await Deno.readTextFile(`${keeper.folder}/echo.log`), "first\nsecond\n");
});

Deno.test("disposing a keeper ends its processes and removes its folder", async () => {
  const keeper = await createKeeper("headrace-keeper-");
  // One that does not go by itself.
  const args = ["-c", "trap '' TERM INT; echo pid $$; while true; do sleep 1; done"];
  const process = keeper.start({ name: "stubborn", program: "sh", args });
  await waitFor("its pid", async () => pidIn(await process.output().catch(() => "")));
  await keeper[Symbol.asyncDispose]();
  assertMatch(await process.ended, /SIGKILL/);
  assertFalse(await isThere(keeper.folder));
});

Deno.test("when the keeping process is killed, what it kept goes with it", async () => {
  await using keeper = await createKeeper("headrace-keeper-");
  const kept = `${keeper.folder}/kept.ts`;
  await Deno.writeTextFile(
    kept,
    `const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    console.log(listener.addr.port);
    for await (const connection of listener) connection.close();`,
  );
  const keeping = `${keeper.folder}/keeping.ts`;
  await Deno.writeTextFile(
    keeping,
    `import { createKeeper } from ${JSON.stringify(import.meta.resolve("./keeper.ts"))};
    const keeper = await createKeeper("headrace-keeper-");
    keeper.start({ name: "kept", program: Deno.execPath(), args: ["run", "--allow-net", ${
      JSON.stringify(kept)
    }] });
    console.log(keeper.folder);
    setInterval(() => {}, 1000);`,
  );
  const process = keeper.start({
    name: "keeping",
    program: Deno.execPath(),
    args: ["run", "--no-config", "--allow-run=sh", "--allow-read", "--allow-write", keeping],
  });
  const line = (path: string) =>
    waitFor(`a line in ${path}`, async () => {
      const text = await Deno.readTextFile(path).catch(() => "");
      return text.endsWith("\n") ? text.trim() : undefined;
    });
  const folder = await line(`${keeper.folder}/keeping.log`);
  const port = Number(await line(`${folder}/kept.log`));
  assert(await listens(port));
  await process.stop("SIGKILL");
  await waitFor("its process to be gone", async () => !await listens(port));
  await waitFor("its folder to be gone", async () => !await isThere(folder));
});
