import { assertEquals, assertNotEquals } from "@std/assert";
import { mirrorOf, readMirror, snapshotOf } from "./mirror.ts";
import { RouterProcess } from "./router_process.ts";
import { connection, openPage, shareBrowser } from "./visit.ts";

shareBrowser();

const FLOW = "rollout";
const SPEED = 10;
/** How long the router is away, in seconds. */
const OUTAGE = Number(Deno.env.get("HEADRACE_OUTAGE") ?? 4);

Deno.test("a router that is killed in mid-rollout and comes back leaves a correct picture", async () => {
  await using router = await RouterProcess.start();
  await using cluster = playInto(router.url);
  await using visit = await openPage(`${router.url}?flow=${FLOW}`);
  const { page } = visit;
  await page.evaluate(() => document.body.dataset["mark"] = "not reloaded");
  await page.locator("flow-canvas [data-phase=succeeded][data-node]").nth(3)
    .waitFor({ state: "attached", timeout: 60_000 });

  await router.kill("SIGKILL");
  await connection(page, "stale").waitFor();
  const old = await readMirror(page);
  await new Promise((resolve) => setTimeout(resolve, OUTAGE * 1_000));
  assertEquals(await readMirror(page), old, "the old picture stays, and says that it is old");
  await router.restart();

  await connection(page, "live").or(connection(page, "resynced")).waitFor({ timeout: 60_000 });
  await cluster.played;
  await settled(async () => {
    const now = mirrorOf(await snapshotOf(router.url, FLOW));
    assertEquals(now["fsn1/bp-grafana"], "failed", "how the recording ends");
    assertEquals(await readMirror(page), now);
  });
  assertNotEquals(await readMirror(page), old);
  assertEquals(await page.locator("body").getAttribute("data-mark"), "not reloaded");
});

/** A recorded cluster with its adapter, as a process. */
function playInto(router: string): AsyncDisposable & { readonly played: Promise<void> } {
  const process = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--no-prompt",
      "--frozen",
      "--allow-net=127.0.0.1",
      "--allow-read=demo/recordings",
      "tests/demo/play_into.ts",
      router,
      "fsn1",
      String(SPEED),
    ],
    cwd: new URL("../../", import.meta.url),
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const played = Promise.withResolvers<void>();
  const reading = (async () => {
    for await (const text of process.stdout.pipeThrough(new TextDecoderStream())) {
      if (text.includes("played")) played.resolve();
    }
  })();
  return {
    played: played.promise,
    [Symbol.asyncDispose]: async () => {
      process.kill("SIGKILL");
      await Promise.all([process.status, reading]);
    },
  };
}

/** Repeats a check for as long as messages may still be on their way. */
async function settled(check: () => Promise<void>): Promise<void> {
  for (let left = 100;; left--) {
    try {
      return await check();
    } catch (error) {
      if (left === 0) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
