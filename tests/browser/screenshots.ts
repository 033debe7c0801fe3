/** Takes pictures of a rollout at its start, in the middle of a failure and at its end. */
import { launchBrowser } from "./browser.ts";
import { FLOW, rollout, type Stage } from "./rollout.ts";
import { RouterProcess } from "./router_process.ts";

const FOLDER = ".cache/screenshots";
const STAGES: Stage[] = ["start", "failure", "end"];
const SIZES = [{ width: 1440, height: 900 }, { width: 390, height: 844 }];

await using router = await RouterProcess.start();
const browser = await launchBrowser();
try {
  for (const stage of STAGES) {
    await router.delete(FLOW);
    await router.post(FLOW, ...rollout(stage, Date.now()));
    for (const viewport of SIZES) {
      for (const colorScheme of ["dark", "light"] as const) {
        const context = await browser.newContext({ viewport, colorScheme, deviceScaleFactor: 2 });
        const page = await context.newPage();
        await page.goto(`${router.url}?flow=${FLOW}`);
        await page.locator("#connection[data-state=live]").waitFor();
        await page.locator("flow-canvas [data-node]").first().waitFor({ state: "attached" });
        // The breath of the running nodes goes on; everything else stands still by now.
        await page.waitForTimeout(400);
        const path = `${FOLDER}/${stage}-${viewport.width}x${viewport.height}-${colorScheme}.png`;
        await page.screenshot({ path });
        await Deno.stdout.write(new TextEncoder().encode(`${path}\n`));
        await context.close();
      }
    }
  }
} finally {
  await browser.close();
}
