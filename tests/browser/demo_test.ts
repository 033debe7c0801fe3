import { assert, assertEquals } from "@std/assert";
import type { Page } from "playwright-core";
import { startDemo } from "../demo/start_demo.ts";
import { mirrorOf, readMirror, snapshotOf } from "./mirror.ts";
import { openPage, shareBrowser } from "./visit.ts";

shareBrowser();

const FLOW = "rollout";

/** Waits until the map says of a node that it is in a phase. */
const says = (page: Page, id: string, phase: string) =>
  page.locator(`flow-canvas [data-node="${id}"][data-phase="${phase}"]`)
    .waitFor({ state: "attached", timeout: 60_000 });

Deno.test("the demo is followed on the map from its first node to its end", async () => {
  await using demo = await startDemo(["--port", "0", "--speed", "8"]);
  const [, url = ""] = await demo.prints(/(http:\/\/127\.0\.0\.1:\d+\/)\?flow=rollout/);
  await using visit = await openPage(`${url}?flow=${FLOW}`);
  const { page, errors } = visit;
  await page.evaluate(() => document.body.dataset["mark"] = "not reloaded");

  await page.locator(`flow-canvas [data-node="fsn1/bp-cilium"]`).waitFor({ state: "attached" });
  await says(page, "fsn1/bp-cilium", "succeeded");
  await says(page, "fsn1/bp-keycloak", "failed");
  const first = Object.values(await readMirror(page));
  assert(first.includes("pending") && first.includes("succeeded"), "in the middle of it");
  await says(page, "fsn1/bp-keycloak", "succeeded");

  await demo.prints(/The recordings have ended/);
  await demo.prints(/26\/27 done/);
  const end = mirrorOf(await snapshotOf(url, FLOW));
  await page.waitForFunction((count) =>
    document.querySelector("flow-canvas")?.shadowRoot
      ?.querySelectorAll("[data-phase=succeeded][data-node]").length === count, count(end));
  assertEquals(await readMirror(page), end);
  assertEquals(await page.locator("body").getAttribute("data-mark"), "not reloaded");
  assertEquals(errors, []);
});

function count(mirror: Record<string, string>): number {
  return Object.values(mirror).filter((phase) => phase === "succeeded").length;
}
