import type { Browser } from "playwright-core";
import { runStory } from "../story/run_story.ts";

const EXAMPLES = ["p2p-chain", "hub-fanout", "slow-consumer"];
const VIEWPORT = { width: 1280, height: 640 };
/** Until rates are those of a window that is full. */
const SETTLE_MS = 4_000;

/** Takes pictures of the examples while they run. @returns the files */
export async function pictureStories(browser: Browser, folder: string): Promise<string[]> {
  const paths: string[] = [];
  for (const name of EXAMPLES) {
    await using story = await runStory(`examples/${name}.yaml`);
    const [, address = ""] = await story.says(/(http:\/\/127\.0\.0\.1:\d+\/\?flow=\S+)/);
    const context = await browser.newContext({
      viewport: VIEWPORT,
      colorScheme: "dark",
      deviceScaleFactor: 2,
    });
    const page = await context.newPage();
    await page.goto(address);
    await page.locator("flow-canvas [data-node][data-phase=running]").last().waitFor({
      state: "attached",
      timeout: 60_000,
    });
    await page.waitForTimeout(SETTLE_MS);
    const path = `${folder}/story-${name}.png`;
    await page.screenshot({ path });
    paths.push(path);
    await context.close();
  }
  return paths;
}
