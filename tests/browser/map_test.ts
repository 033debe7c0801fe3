import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { Locator, Page } from "playwright-core";
import { FLOW, release, rollout } from "./rollout.ts";
import { connection, shareBrowser, visit } from "./visit.ts";

shareBrowser();

const OF_FLOW = `?flow=${FLOW}`;
/** The node's button in the mirror of the map. */
const node = (page: Page, id: string) => page.locator(`flow-canvas [data-node="${id}"]`);
const panel = (page: Page) => page.locator("flow-canvas aside");
const search = (page: Page) => page.getByRole("searchbox", { name: "Search the map" });
const fact = (page: Page, term: string) => panel(page).locator(`dd[data-fact="${term}"]`);

async function says(element: Locator, text: string): Promise<void> {
  await element.filter({ hasText: text }).first().waitFor({ state: "attached", timeout: 20_000 });
}

/** What is to be seen: the map's pixels. */
const pixels = (page: Page) =>
  page.locator("flow-canvas .map").evaluate((map) => (map as HTMLCanvasElement).toDataURL());

const focused = (page: Page) =>
  page.evaluate(() => {
    const active = document.querySelector("flow-canvas")?.shadowRoot?.activeElement;
    return active instanceof HTMLElement ? active.dataset["node"] : undefined;
  });

visit("a rollout is followed on the map from its first node to its end", OF_FLOW, async (v) => {
  const { page, router } = v;
  await router.delete(FLOW);
  for (const stage of ["start", "failure", "end"] as const) {
    await router.post(FLOW, ...rollout(stage, Date.now()));
    const expected = { start: "pending", failure: "failed", end: "succeeded" }[stage];
    await node(page, "fsn1/bp-keycloak").and(page.locator(`[data-phase=${expected}]`))
      .waitFor({ state: "attached", timeout: 20_000 });
  }
  assertEquals(await page.locator("flow-canvas [data-phase=succeeded]").count(), 36);
  assertEquals(v.errors, []);
});

visit("nothing is painted, not even black, before there is a picture", OF_FLOW, async (v) => {
  const maps = v.page.locator("flow-canvas .map");
  await maps.waitFor({ state: "visible" });
  await v.page.evaluate(() => document.body.append(document.createElement("flow-canvas")));
  await maps.nth(1).waitFor({ state: "attached" });
  assertEquals(await maps.nth(1).isVisible(), false);
  assertEquals(v.errors, []);
});

visit("a failure is read aloud, with what waits for it", OF_FLOW, async ({ page, router }) => {
  await says(node(page, "fsn1/bp-harbor"), "waits for bp-keycloak");
  await router.post(FLOW, {
    type: "upsert-nodes",
    nodes: [release("hel1", "velero", "failed", { reason: "InstallFailed" })],
  });
  await says(page.locator("flow-canvas [role=status]"), "bp-velero in hel1 failed: InstallFailed");
});

visit("a node opens a panel that says why, and leads to what it blocks", OF_FLOW, async (v) => {
  const { page } = v;
  await node(page, "fsn1/bp-keycloak").press("Enter");
  assertEquals(await fact(page, "Reason").textContent(), "RetriesExceeded");
  assertStringIncludes(await fact(page, "Message").textContent() ?? "", "context deadline");
  await panel(page).getByRole("button", { name: "bp-harbor, waiting" }).click();
  assertEquals(await fact(page, "Waits for").textContent(), "bp-keycloak");
  await panel(page).getByText("Raw meta").click();
  await says(panel(page).locator("pre"), "DependencyNotReady");
  await page.keyboard.press("Escape");
  await panel(page).waitFor({ state: "hidden" });
  assertEquals(v.errors, []);
});

visit("a node leads to its trace", OF_FLOW, async ({ page, router }) => {
  const traceUrl = "https://traces.example/t/7";
  await router.post(FLOW, {
    type: "upsert-nodes",
    nodes: [release("fsn1", "keycloak", "failed", { traceUrl })],
  });
  await says(node(page, "fsn1/bp-keycloak"), "failed");
  await node(page, "fsn1/bp-keycloak").press("Enter");
  const link = panel(page).getByRole("link", { name: "Open trace" });
  await link.waitFor();
  assertEquals([await link.getAttribute("href"), await link.getAttribute("rel")], [
    traceUrl,
    "noreferrer",
  ]);
});

visit("arrows follow the edges, and stay in the column", OF_FLOW, async ({ page }) => {
  await node(page, "fsn1/bp-keycloak").focus();
  await page.keyboard.press("ArrowRight");
  assert(["fsn1/bp-harbor", "fsn1/bp-gitea", "fsn1/bp-grafana"].includes(`${await focused(page)}`));
  await page.keyboard.press("ArrowLeft");
  assertStringIncludes(`${await focused(page)}`, "fsn1/bp-");
  const before = await focused(page);
  await page.keyboard.press("ArrowDown");
  assert(await focused(page) !== before);
});

visit("a click on a box chooses its node, one beside it none", OF_FLOW, async ({ page }) => {
  await node(page, "fsn1/bp-cilium").waitFor({ state: "attached" });
  await connection(page, "live").waitFor();
  const map = await page.locator("flow-canvas .map").boundingBox();
  assert(map !== null);
  // The rollout's only source stands at the left, in the middle of its lane.
  let found = false;
  for (let y = 20; y < map.height / 2 && !found; y += 12) {
    await page.mouse.click(map.x + 90, map.y + y);
    found = await panel(page).isVisible();
  }
  assertEquals(await fact(page, "Id").textContent(), "fsn1/bp-cilium");
  await page.mouse.click(map.x + 8, map.y + map.height - 8);
  await panel(page).waitFor({ state: "hidden" });
});

visit("search and filters hide the rest, and a link keeps them", OF_FLOW, async ({ page }) => {
  await node(page, "fsn1/bp-keycloak").waitFor({ state: "attached" });
  await page.keyboard.press("/");
  await page.keyboard.type("keycloak");
  await says(page.locator("flow-canvas .bar output"), "of 36");
  assert(await node(page, "fsn1/bp-cilium").isHidden());
  await search(page).press("Enter");
  await panel(page).waitFor();
  await search(page).fill("");
  await page.getByRole("combobox", { name: "Region" }).selectOption("hel1");
  await page.getByRole("combobox", { name: "Status" }).selectOption("running");
  const shown = "flow-canvas .mirror button:not([hidden])";
  assertEquals(
    new Set(
      await page.locator(shown).evaluateAll((all) =>
        all.map((it) => `${it.getAttribute("data-region")} ${it.getAttribute("data-phase")}`)
      ),
    ),
    new Set(["hel1 running"]),
  );
  const count = await page.locator(shown).count();
  await page.reload();
  await says(page.locator("flow-canvas .bar output"), `${count} of 36`);
});

visit(
  "a link leads to a node",
  `${OF_FLOW}#node=${encodeURIComponent(`${FLOW}\0fsn1/bp-vault`)}`,
  async ({ page }) => {
    await says(fact(page, "Id"), "fsn1/bp-vault");
  },
);

visit("a family is filtered, and a link keeps it", OF_FLOW, async ({ page }) => {
  await node(page, "fsn1/bp-vault").waitFor({ state: "attached" });
  await page.getByRole("combobox", { name: "Family" }).selectOption("vault");
  const shown = page.locator("flow-canvas .mirror button:not([hidden])");
  assertEquals(
    (await shown.evaluateAll((all) => all.map((it) => it.getAttribute("data-node")))).sort(),
    ["fsn1/bp-vault", "hel1/bp-vault"],
  );
  await page.reload();
  await says(page.locator("flow-canvas .bar output"), "2 of 36");
});

visit("a link leads to a moment of the past", OF_FLOW, async ({ page, router }) => {
  const before = Date.now() + 10_000;
  for (const [status, at] of [["running", before], ["succeeded", before + 50_000]] as const) {
    await router.post(FLOW, {
      type: "upsert-nodes",
      nodes: [release("fsn1", "keycloak", status, {}, { startedAt: at })],
    });
  }
  await page.goto(`${router.url}${OF_FLOW}#t=${before + 5_000}`);
  await page.reload();
  await page.locator("flow-canvas[data-past]").waitFor();
  await node(page, "fsn1/bp-keycloak").and(page.locator("[data-phase=running]"))
    .waitFor({ state: "attached" });
});

visit("the map takes the colours that its page gives it", OF_FLOW, async ({ page }) => {
  await node(page, "fsn1/bp-keycloak").waitFor({ state: "attached" });
  await page.locator("flow-canvas").evaluate((map: HTMLElement) =>
    map.style.setProperty("--flow-failed", "rgb(1 2 3)")
  );
  // Colours are read anew when the reader's wish for dark or light changes.
  await page.emulateMedia({ colorScheme: "dark" });
  await page.waitForFunction(async () => {
    const map = document.querySelector("flow-canvas") as HTMLElement & {
      exportAs(format: string): Promise<Blob>;
    };
    return (await (await map.exportAs("SVG")).text()).includes("#010203");
  });
});

visit("the map zooms, pans and fits by keys, wheel and hand", OF_FLOW, async ({ page }) => {
  await page.emulateMedia({ reducedMotion: "reduce" });
  await node(page, "fsn1/bp-cilium").focus();
  const mini = page.locator("flow-canvas .mini");
  assert(await mini.isHidden(), "all of the map is in view");
  for (let n = 0; n < 4; n++) await page.keyboard.press("+");
  await mini.waitFor();
  const zoomed = await pixels(page);
  const box = await page.locator("flow-canvas .map").boundingBox();
  assert(box !== null);
  await page.mouse.move(box.x + 400, box.y + 300);
  await page.mouse.down();
  await page.mouse.move(box.x + 250, box.y + 260, { steps: 4 });
  await page.mouse.up();
  assert(await panel(page).isHidden(), "a drag is no click");
  assert(await pixels(page) !== zoomed);
  await node(page, "fsn1/bp-cilium").focus();
  await page.keyboard.press("f");
  await mini.waitFor({ state: "hidden" });
  await page.mouse.move(box.x + 400, box.y + 300);
  await page.mouse.wheel(0, -600);
  await mini.waitFor();
});

visit("failures and the critical path are drawn forward on request", OF_FLOW, async ({ page }) => {
  await page.emulateMedia({ reducedMotion: "reduce" });
  const culprits = page.getByRole("button", { name: "Culprits: draw failures forward (c)" });
  await node(page, "fsn1/bp-keycloak").waitFor({ state: "attached" });
  assertEquals(await culprits.getAttribute("aria-pressed"), "true");
  const forward = await pixels(page);
  await culprits.click();
  assertEquals(await culprits.getAttribute("aria-pressed"), "false");
  await page.waitForTimeout(100);
  const equal = await pixels(page);
  assert(equal !== forward);
  await page.getByRole("button", { name: "Critical path (p)" }).click();
  await page.waitForTimeout(100);
  assert(await pixels(page) !== equal);
});

visit("a group folds into one box and unfolds again", OF_FLOW, async ({ page, router }) => {
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
  await says(page.locator("flow-canvas .mirror p"), "bp-data");
  await node(page, "fsn1/bp-vault").focus();
  await page.keyboard.press(" ");
  await says(node(page, "fsn1/bp-data"), "folded group of 2");
  await node(page, "fsn1/bp-vault").waitFor({ state: "detached" });
  await node(page, "fsn1/bp-data").focus();
  await page.keyboard.press(" ");
  await node(page, "fsn1/bp-vault").waitFor({ state: "attached" });
});

visit("the past is shown by the slider, and now again by one key", OF_FLOW, async (v) => {
  const { page, router } = v;
  await node(page, "fsn1/bp-keycloak").waitFor({ state: "attached" });
  const later = Date.now() + 60_000;
  await router.post(FLOW, {
    type: "upsert-nodes",
    nodes: [release("fsn1", "keycloak", "succeeded", {}, { startedAt: later, endedAt: later })],
  });
  const succeeded = node(page, "fsn1/bp-keycloak").and(page.locator("[data-phase=succeeded]"));
  await succeeded.waitFor({ state: "attached" });
  await page.getByRole("slider", { name: "Moment" }).fill("900");
  await node(page, "fsn1/bp-keycloak").and(page.locator("[data-phase=failed]"))
    .waitFor({ state: "attached" });
  assertStringIncludes(page.url(), "t=");
  await page.locator("flow-canvas[data-past]").waitFor();
  await page.locator("h1").click();
  await page.keyboard.press("n");
  await succeeded.waitFor({ state: "attached" });
  await page.locator("flow-canvas:not([data-past])").waitFor();
  await page.getByRole("combobox", { name: "Speed" }).selectOption("60");
  await page.getByRole("button", { name: "Play" }).click();
  await page.locator("flow-canvas[data-past]").waitFor();
  await page.locator("flow-canvas:not([data-past])").waitFor({ timeout: 30_000 });
  assertEquals(v.errors, []);
});

visit("the map is saved in five formats", OF_FLOW, async ({ page, errors }) => {
  await node(page, "fsn1/bp-keycloak").waitFor({ state: "attached" });
  const save = async (format: string) => {
    const waiting = page.waitForEvent("download");
    await page.getByRole("combobox", { name: "Export" }).selectOption(format);
    const download = await waiting;
    return [download.suggestedFilename(), await Deno.readFile(await download.path())] as const;
  };
  const text = async (format: string) => new TextDecoder().decode((await save(format))[1]);
  const [name, picture] = await save("PNG");
  assertEquals([name, [...picture.slice(1, 4)]], [`${FLOW}.png`, [0x50, 0x4e, 0x47]]);
  assertStringIncludes(await text("SVG"), "bp-keycloak");
  assertStringIncludes(await text("Mermaid"), "flowchart LR");
  assertStringIncludes(await text("DOT"), '"fsn1/bp-keycloak" -> "fsn1/bp-harbor"');
  const { type, nodes } = JSON.parse(await text("JSON"));
  assertEquals([type, nodes.length], ["snapshot", 38]);
  assertEquals(errors, []);
});

visit("views are one key apart, and the address keeps the view", OF_FLOW, async ({ page }) => {
  await page.locator("flow-canvas").waitFor();
  await page.keyboard.press("t");
  await says(page.locator(".lane li[data-phase=failed]"), "bp-keycloak");
  await says(page.locator(".axis [data-part=end]"), "2m");
  await page.keyboard.press("l");
  await page.locator("section.region").first().waitFor();
  assert(await page.locator("flow-canvas").isHidden());
  await page.reload();
  await page.locator("section.region").first().waitFor();
  await page.keyboard.press("m");
  await page.locator("flow-canvas").waitFor();
});

visit("running nodes breathe, unless less motion is asked for", OF_FLOW, async ({ page }) => {
  await page.locator("flow-canvas[data-breathing]").waitFor();
  await page.emulateMedia({ reducedMotion: "reduce" });
  await page.locator("flow-canvas:not([data-breathing])").waitFor();
});

visit("another page embeds the map by one script and one attribute", OF_FLOW, async (v) => {
  const { page, router } = v;
  await page.route("**/embedding", (route) =>
    route.fulfill({
      contentType: "text/html",
      headers: {
        "content-security-policy": "default-src 'none'; script-src 'self'; connect-src 'self'; " +
          "img-src data:",
      },
      body:
        `<!DOCTYPE html><title>x</title><link rel="icon" href="data:,"><script type="module" src="/ui/flow-canvas.js">` +
        `</script><flow-canvas src="/v1/flows/${FLOW}"></flow-canvas>`,
    }));
  v.errors.length = 0;
  await page.goto(`${router.url}embedding`);
  await node(page, "fsn1/bp-keycloak").waitFor({ state: "attached" });
  assertEquals(v.errors, []);
});

visit(
  "two thousand nodes are laid out by the worker",
  OF_FLOW,
  async ({ page, router, errors }) => {
    const nodes = Array.from({ length: 2_000 }, (_, at) => release("nbg1", `n${at}`, "pending"));
    const started = page.waitForEvent("worker");
    await router.post(FLOW, { type: "upsert-nodes", nodes });
    await started;
    await node(page, "nbg1/bp-n1999").waitFor({ state: "attached", timeout: 30_000 });
    assertEquals(errors, []);
  },
);
