/**
 * Takes pictures of the demo's rollout at its start, in the middle of a failure and at its end, dark
 * and light, on a desk and on a phone, and of the example stories, into `.cache/screenshots/`.
 */
import type { Browser, Page } from "playwright-core";
import { startDemo } from "../demo/start_demo.ts";
import { launchBrowser } from "./browser.ts";
import { pictureStories } from "./story_pictures.ts";

const FOLDER = ".cache/screenshots";
const FLOW = "rollout";
const SIZES = [{ width: 1440, height: 900 }, { width: 390, height: 844 }];
const SCHEMES = ["dark", "light"] as const;
/** As slow as it was: a stage has to last while it is pictured. */
const SPEED = "1";

/** What the map says when a stage is reached. */
const STAGES = {
  start: `[data-node="hel1/bp-cilium"][data-phase=succeeded]`,
  failure: `[data-node="fsn1/bp-keycloak"][data-phase=failed]`,
  end: `[data-node="fsn1/bp-grafana"][data-phase=failed]`,
};

/** What is pictured once, beside the map. */
const VIEWS = [
  { name: "list", query: `?flow=${FLOW}&view=list` },
  { name: "timeline", query: `?flow=${FLOW}&view=timeline` },
  { name: "flows", query: "?flows" },
  { name: "panel", query: `?flow=${FLOW}#node=${encodeURIComponent(`${FLOW}\0fsn1/bp-keycloak`)}` },
];

interface Seat {
  readonly name: string;
  readonly page: Page;
}

await using demo = await startDemo(["--port", "0", "--speed", SPEED]);
const [, router = ""] = await demo.prints(/(http:\/\/127\.0\.0\.1:\d+\/)\?flow=/);
const browser = await launchBrowser();
try {
  // All watch before a stage is reached: what it shows does not wait for a page to load.
  const maps = await openAll(browser, `${router}?flow=${FLOW}`);
  const others: Seat[] = [];
  for (const [stage, sign] of Object.entries(STAGES)) {
    await maps[0]?.page.locator(`flow-canvas ${sign}`).waitFor({
      state: "attached",
      timeout: 240_000,
    });
    if (stage === "end") await demo.prints(/The recordings have ended/);
    for (const { name, page } of maps) {
      if (name.startsWith("390")) await lookAgain(page);
      await picture(page, `${stage}-${name}`);
    }
    for (const { name, page } of others.splice(0)) {
      await picture(page, name);
      await page.context().close();
    }
    if (stage !== "start") continue;
    for (const { name, query } of VIEWS) {
      const seats = await openAll(browser, `${router}${query}`);
      others.push(...seats.map((seat) => ({ ...seat, name: `${name}-${seat.name}` })));
    }
  }
  for (const path of await pictureStories(browser, FOLDER)) tell(path);
} finally {
  await browser.close();
}

async function openAll(browser: Browser, address: string): Promise<Seat[]> {
  const seats: Seat[] = [];
  for (const viewport of SIZES) {
    for (const colorScheme of SCHEMES) {
      const context = await browser.newContext({ viewport, colorScheme, deviceScaleFactor: 2 });
      const page = await context.newPage();
      await page.goto(address);
      await page.locator("#connection[data-state=live]").waitFor({ state: "attached" });
      seats.push({ name: `${viewport.width}x${viewport.height}-${colorScheme}`, page });
    }
  }
  return seats;
}

/** A phone shows what mattered when it was opened; somebody who opens it now sees what matters now. */
async function lookAgain(page: Page): Promise<void> {
  await page.reload();
  await page.locator("flow-canvas [data-node]").first().waitFor({ state: "attached" });
  await page.waitForTimeout(300);
}

async function picture(page: Page, name: string): Promise<void> {
  const path = `${FOLDER}/${name}.png`;
  await page.screenshot({ path });
  tell(path);
}

function tell(path: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${path}\n`));
}
