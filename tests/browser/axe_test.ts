import { assertEquals } from "@std/assert";
import axe from "axe-core";
import type { Page } from "playwright-core";
import { FLOW } from "./rollout.ts";
import { shareBrowser, visit } from "./visit.ts";

shareBrowser();

/** What axe-core finds against the page, in the words that lead to the place. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  return await page.evaluate(async () => {
    const { violations } = await (globalThis as unknown as {
      axe: { run(): Promise<import("axe-core").AxeResults> };
    }).axe.run();
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${id} at ${target.join(" ")}: ${failureSummary}`)
    );
  });
}

for (const colorScheme of ["dark", "light"] as const) {
  for (const view of ["map", "list", "timeline"]) {
    visit(
      `the ${view} is accessible in the ${colorScheme}`,
      `?flow=${FLOW}&view=${view}`,
      async ({ page }) => {
        await page.locator(view === "map" ? "flow-canvas" : view === "list" ? ".region" : ".lane")
          .first().waitFor();
        assertEquals(await violations(page), []);
        if (view !== "map") return;
        await page.locator(`flow-canvas [data-node="fsn1/bp-keycloak"]`).press("Enter");
        await page.locator("flow-canvas summary").click();
        assertEquals(await violations(page), [], "with the panel open");
      },
      { colorScheme },
    );
  }
}

for (const colorScheme of ["dark", "light"] as const) {
  visit(`the list of flows is accessible in the ${colorScheme}`, "?flows", async ({ page }) => {
    await page.locator(".flows .name").first().waitFor();
    assertEquals(await violations(page), []);
  }, { colorScheme });
}
