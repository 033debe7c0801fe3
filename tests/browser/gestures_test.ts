import { assert, assertEquals, assertNotEquals } from "@std/assert";
import type { Page } from "playwright-core";
import { FLOW, release } from "./rollout.ts";
import { connection, shareBrowser, visit } from "./visit.ts";

shareBrowser();

const OF_FLOW = `?flow=${FLOW}`;
const node = (page: Page, id: string) => page.locator(`flow-canvas [data-node="${id}"]`);
const mini = (page: Page) => page.locator("flow-canvas .mini");

async function mapBox(page: Page) {
  await connection(page, "live").waitFor();
  await node(page, "fsn1/bp-cilium").waitFor({ state: "attached" });
  const box = await page.locator("flow-canvas .map").boundingBox();
  assert(box !== null);
  return box;
}

visit("two fingers zoom, one pans", OF_FLOW, async ({ page }) => {
  const { x, y } = await mapBox(page);
  const session = await page.context().newCDPSession(page);
  const touch = (type: "touchStart" | "touchMove" | "touchEnd", ...points: [number, number][]) =>
    session.send("Input.dispatchTouchEvent", {
      type,
      touchPoints: points.map(([dx, dy], id) => ({ x: x + dx, y: y + dy, id })),
    });
  await touch("touchStart", [400, 300]);
  await touch("touchStart", [400, 300], [500, 300]);
  for (let step = 1; step <= 8; step++) {
    await touch("touchMove", [400 - 20 * step, 300], [500 + 20 * step, 300]);
  }
  await touch("touchEnd");
  await mini(page).waitFor();
  const map = page.locator("flow-canvas .map");
  const pixels = () => map.evaluate((it) => (it as HTMLCanvasElement).toDataURL());
  await page.emulateMedia({ reducedMotion: "reduce" });
  await page.waitForTimeout(200);
  const before = await pixels();
  await touch("touchStart", [400, 300]);
  await touch("touchMove", [300, 250]);
  await touch("touchEnd");
  await page.waitForTimeout(200);
  assertNotEquals(await pixels(), before);
}, { hasTouch: true });

visit("the small map leads to a place", OF_FLOW, async ({ page }) => {
  await mapBox(page);
  await page.emulateMedia({ reducedMotion: "reduce" });
  for (let n = 0; n < 6; n++) await page.getByRole("button", { name: "Zoom in (+)" }).click();
  await mini(page).waitFor();
  const map = page.locator("flow-canvas .map");
  const pixels = () => map.evaluate((it) => (it as HTMLCanvasElement).toDataURL());
  await mini(page).click({ position: { x: 10, y: 10 } });
  await page.waitForTimeout(100);
  const corner = await pixels();
  await mini(page).click({ position: { x: 120, y: 60 } });
  await page.waitForTimeout(100);
  assertNotEquals(await pixels(), corner);
});

visit("two quick presses fold the group that they meet", OF_FLOW, async ({ page, router }) => {
  await router.post(
    FLOW,
    { type: "upsert-nodes", nodes: [release("fsn1", "data", "running")] },
    {
      type: "upsert-rels",
      relationships: ["vault", "harbor"].map((name) => ({
        fromId: `fsn1/bp-${name}`,
        toId: "fsn1/bp-data",
        type: "contains",
      })),
    },
  );
  const { x, y, width, height } = await mapBox(page);
  await page.locator("flow-canvas .mirror p").filter({ hasText: "bp-data" })
    .waitFor({ state: "attached" });
  // A lane's right edge, where no node is.
  for (let at = 10; at < height && await node(page, "fsn1/bp-data").count() === 0; at += 14) {
    await page.mouse.dblclick(x + width - 90, y + at);
  }
  assertEquals(await node(page, "fsn1/bp-data").count(), 1);
  assertEquals(await node(page, "fsn1/bp-vault").count(), 0);
});
