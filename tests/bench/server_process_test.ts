import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { BenchError } from "./errors.ts";
import type { PreparedPeer } from "./peer.ts";
import { echo } from "./peers/echo.ts";
import { withServer } from "./server_process.ts";

const PLACEMENT = { core: undefined, nice: 0 };

async function folder(): Promise<string> {
  return `${await Deno.makeTempDir({ prefix: "headrace-bench-" })}/run`;
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

function program(script: string): PreparedPeer {
  return {
    version: "1",
    command: () => Promise.resolve({ program: "sh", args: ["-c", script] }),
    subscribe: { method: "GET", path: "/" },
    publish: (body) => ({ method: "POST", path: "/", body }),
  };
}

Deno.test("a server lives as long as its use and leaves nothing behind", async () => {
  const peer = await echo.prepare({} as never);
  const options = { folder: await folder(), placement: PLACEMENT, signal: AbortSignal.any([]) };
  const url = await withServer(peer, options, async ({ addr }) => {
    const url = `http://${addr}/`;
    const response = await fetch(url, { method: "POST", body: "still here?" });
    assertEquals(await response.text(), "still here?");
    assertEquals(await exists(options.folder), true);
    return url;
  });
  assertEquals(await exists(options.folder), false);
  await assertRejects(() => fetch(url), TypeError);
});

Deno.test("a server that dies at once is reported with its last words", async () => {
  const options = { folder: await folder(), placement: PLACEMENT, signal: AbortSignal.any([]) };
  const error = await assertRejects(
    () => withServer(program("echo no such option >&2; exit 3"), options, () => Promise.resolve()),
    BenchError,
  );
  assertStringIncludes(error.message, "no such option");
});

Deno.test("an interrupt ends the server while it is in use", async () => {
  const peer = await echo.prepare({} as never);
  const interrupt = new AbortController();
  const options = { folder: await folder(), placement: PLACEMENT, signal: interrupt.signal };
  let url = "";
  await withServer(peer, options, async ({ addr }) => {
    url = `http://${addr}/`;
    interrupt.abort();
    // Gone before the use is over: a fetch fails once its listener has closed.
    while (await fetch(url).then((response) => response.text(), () => undefined) !== undefined);
  });
  await assertRejects(() => fetch(url), TypeError);
});
