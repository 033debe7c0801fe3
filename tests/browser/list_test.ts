import { assert, assertEquals } from "@std/assert";
import type { Page } from "playwright-core";
import { FLOW, release, rollout } from "./rollout.ts";
import type { RouterProcess } from "./router_process.ts";
import { connection, shareBrowser, visit } from "./visit.ts";

shareBrowser();

const card = (page: Page, id: string) =>
  page.locator(".flows li").filter({ has: page.locator(`[title="${id}"]`) });

/** How many colours a card's map has: one is an empty map. */
const colours = (page: Page, id: string) =>
  card(page, id).locator("canvas").evaluate((element) => {
    const canvas = element as HTMLCanvasElement;
    const data = canvas.getContext("2d")?.getImageData(0, 0, canvas.width, canvas.height).data;
    return new Set(new Uint32Array(data?.buffer ?? new ArrayBuffer(0))).size;
  });

async function drawn(page: Page, id: string): Promise<void> {
  await card(page, id).scrollIntoViewIfNeeded();
  for (let left = 100; await colours(page, id) < 4; left--) {
    assert(left > 0, `the map of ${id} is not drawn`);
    await page.waitForTimeout(50);
  }
}

const flow = (id: string, startedAt: number, status = "running") => ({
  type: "upsert-flow" as const,
  flow: { id, status, startedAt, ...(status === "running" ? {} : { endedAt: startedAt + 1_000 }) },
});

async function postMany(router: RouterProcess, count: number): Promise<void> {
  const [, ...content] = rollout("failure", Date.now());
  for (let at = 0; at < count; at++) {
    const id = `flow-${at}`;
    await router.post(id, flow(id, Date.now() - at * 60_000), ...content);
  }
}

visit("each flow has a map, its regions, how far it is and for how long", "?flows", async (v) => {
  const { page, router } = v;
  await connection(page, "live").waitFor();
  await drawn(page, FLOW);
  const text = await card(page, FLOW).innerText();
  for (const part of ["Running", "20 of 36 done · 1 failed · 5 running", "fsn1 · hel1", "for 2m"]) {
    assert(text.includes(part), `${part} is not in ${text}`);
  }
  await router.post(FLOW, {
    type: "upsert-nodes",
    nodes: [release("hel1", "velero", "failed")],
  });
  await card(page, FLOW).filter({ hasText: "2 failed" }).waitFor();
  assertEquals(v.errors, []);
});

visit("flows appear when they are posted and go when they are deleted", "?flows", async (v) => {
  const { page, router } = v;
  await card(page, FLOW).waitFor();
  await router.post("another", flow("another", Date.now() + 1_000, "succeeded"));
  await card(page, "another").filter({ hasText: "No nodes yet" }).waitFor();
  assertEquals(await page.locator(".flows .name").allTextContents(), ["another", FLOW]);
  await router.delete("another");
  await card(page, "another").waitFor({ state: "detached" });
  await router.delete(FLOW);
  await page.locator(".blank").filter({ hasText: "No flows yet" }).waitFor();
});

visit("a hundred flows are followed, and a restart of the router too", "?flows", async (v) => {
  const { page, router } = v;
  await postMany(router, 99);
  await page.locator(".flows li").nth(99).waitFor();
  await drawn(page, "flow-98");
  await router.post("flow-98", {
    type: "upsert-nodes",
    nodes: [release("fsn1", "vault", "failed")],
  });
  await card(page, "flow-98").filter({ hasText: "2 failed" }).waitFor();
  await router.kill("SIGKILL");
  await connection(page, "stale").waitFor();
  assertEquals(await page.locator(".flows li").count(), 100, "the old picture stays");
  await router.restart();
  await router.post(FLOW, ...rollout("end", Date.now()));
  await card(page, FLOW).filter({ hasText: "36 of 36 done" }).waitFor({ timeout: 60_000 });
  assertEquals(await page.locator(".flows li").count(), 1);
});

visit("more flows than a stream carries are listed without maps", "?flows", async (v) => {
  const { page, router } = v;
  await postMany(router, 101);
  await page.reload();
  await page.locator(".flows li").nth(101).waitFor();
  await page.locator(".blank").filter({ hasText: "102 flows are more than" }).waitFor();
  assert((await card(page, FLOW).innerText()).includes("38 nodes"));
  assert(await card(page, FLOW).locator("canvas").isHidden());
  await router.delete("flow-0");
  await router.delete("flow-1");
  await card(page, "flow-1").waitFor({ state: "detached" });
});
