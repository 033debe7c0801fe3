import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { Page } from "playwright-core";
import { FLOW, release, rollout } from "./rollout.ts";
import { connection, shareBrowser, visit } from "./visit.ts";

shareBrowser();

const OF_FLOW = `?flow=${FLOW}&view=list`;
const region = (page: Page, name: string) =>
  page.locator("section.region", { has: page.getByRole("heading", { name, exact: true }) });
const line = (page: Page, regionName: string, name: string) =>
  region(page, regionName).getByRole("row").filter({
    has: page.getByRole("rowheader", { name, exact: true }),
  });

/** Waits for a text to be there; fails with what is there instead. */
async function shows(page: Page, selector: string, text: string): Promise<void> {
  const element = page.locator(selector);
  try {
    await element.filter({ hasText: text }).first().waitFor({ state: "attached", timeout: 20_000 });
  } catch (cause) {
    const there = await element.allTextContents();
    throw new Error(`${selector} says ${JSON.stringify(there)}, not ${text}`, { cause });
  }
}

const namesIn = (page: Page, regionName: string) =>
  region(page, regionName).getByRole("rowheader").allTextContents();

visit("/ leads to the only flow, with the failed first in its region", "", async (v) => {
  const { page } = v;
  await page.waitForURL((url) => url.searchParams.get("flow") === FLOW);
  await connection(page, "live").waitFor();
  await page.keyboard.press("l");
  assertEquals(await page.getByRole("heading", { level: 1 }).textContent(), FLOW);
  const [first] = await namesIn(page, "fsn1");
  assertEquals(first, "bp-keycloak");
  const failed = line(page, "fsn1", "bp-keycloak");
  assertStringIncludes(await failed.textContent() ?? "", "RetriesExceeded");
  assertEquals(await failed.getAttribute("data-phase"), "failed");
  assertEquals(await failed.locator("use").getAttribute("href"), "#sign-failed");
  const phases = await region(page, "fsn1").locator("tbody tr").evaluateAll((rows) =>
    rows.map((row) => row.getAttribute("data-phase"))
  );
  const order = ["failed", "running", "pending", "succeeded"];
  assertEquals(phases, phases.toSorted((a, b) => order.indexOf(a!) - order.indexOf(b!)));
  assertEquals(v.errors, []);
});

visit("a flow is followed from line to line without a reload", OF_FLOW, async (v) => {
  const { page, router } = v;
  await connection(page, "live").waitFor();
  await page.evaluate(() => document.body.dataset["mark"] = "not reloaded");
  assertEquals(await page.locator("#news").textContent(), "", "what was failed before is no news");

  await router.post(FLOW, {
    type: "upsert-nodes",
    nodes: [release("hel1", "velero", "failed", { state: "failed", reason: "InstallFailed" })],
  });
  await line(page, "hel1", "bp-velero").and(page.locator("[data-phase=failed]")).waitFor();
  assertEquals((await namesIn(page, "hel1"))[0], "bp-velero");
  await shows(page, "#news", "bp-velero in hel1 failed: InstallFailed");
  await shows(page, ".count[data-phase=failed]", "2");
  assertEquals(await page.title(), `2 failed · ${FLOW}`);

  await router.post(FLOW, { type: "delete-nodes", ids: ["hel1/bp-velero"] });
  await line(page, "hel1", "bp-velero").waitFor({ state: "detached" });

  await router.post(FLOW, ...rollout("end", Date.now()));
  await shows(page, ".pill", "Succeeded");
  await shows(page, ".count[data-phase=succeeded]", "36");
  assertEquals(await page.locator("body").getAttribute("data-mark"), "not reloaded");
  assertEquals(v.errors, []);
});

visit("a router that crashes and comes back leaves a correct page", OF_FLOW, async (v) => {
  const { page, router } = v;
  await connection(page, "live").waitFor();
  await page.evaluate(() => document.body.dataset["mark"] = "not reloaded");

  await router.kill("SIGKILL");
  await connection(page, "stale").waitFor();
  await shows(page, "#notice", "This is the picture of");
  assertEquals((await namesIn(page, "fsn1"))[0], "bp-keycloak", "the old picture stays");
  const elapsed = await page.locator(".elapsed").textContent();
  const label = await page.locator("#connection").textContent() ?? "";
  await page.locator("#connection").filter({ hasNotText: label }).waitFor();
  assertEquals(await page.locator(".elapsed").textContent(), elapsed, "and its time stands still");

  await router.restart();
  const nodes = [release("fsn1", "keycloak", "running", { state: "installing" })];
  await router.post(FLOW, { type: "upsert-nodes", nodes });
  await connection(page, "resynced").waitFor({ timeout: 60_000 });
  await shows(page, "#notice", "The router was restarted");
  assertEquals(await namesIn(page, "fsn1"), ["bp-keycloak"]);
  await region(page, "hel1").waitFor({ state: "detached" });

  await router.post(FLOW, ...rollout("failure", Date.now()));
  await line(page, "hel1", "bp-cilium").waitFor();
  assertEquals(await page.locator("body").getAttribute("data-mark"), "not reloaded");
});

visit("a reader who does not want to wait need not", OF_FLOW, async ({ page, router }) => {
  await page.clock.install();
  await page.reload();
  await connection(page, "live").waitFor();
  await router.kill("SIGKILL");
  await connection(page, "stale").waitFor();
  // From here on no pause ends by itself.
  await page.clock.pauseAt(Date.now() + 60_000);
  await router.restart();
  const request = page.waitForRequest((it) => it.url().endsWith("/stream"));
  await page.getByRole("button", { name: "Try now" }).dispatchEvent("click");
  await request;
  await page.clock.resume();
  await connection(page, "resynced").waitFor();
});

visit("a router that is rolled out anew is picked up by itself", OF_FLOW, async (v) => {
  const { page, router } = v;
  await connection(page, "live").waitFor();
  await router.kill("SIGTERM");
  await router.restart();
  await router.post(FLOW, ...rollout("end", Date.now()));
  await shows(page, ".count[data-phase=succeeded]", "36");
  await connection(page, "resynced").waitFor();
});

visit("a reader who was offline sees what was missed, without a reload", OF_FLOW, async (v) => {
  const { page, router } = v;
  await connection(page, "live").waitFor();
  await page.evaluate(() => document.body.dataset["mark"] = "not reloaded");
  await page.context().setOffline(true);
  // An open stream outlives Chromium's switch; the router ends it, as a network would.
  await router.kill("SIGKILL");
  await connection(page, "stale").waitFor();
  await router.restart();
  await router.post(FLOW, ...rollout("end", Date.now()));
  await page.context().setOffline(false);
  await shows(page, ".count[data-phase=succeeded]", "36");
  assertEquals(await page.locator("body").getAttribute("data-mark"), "not reloaded");
});

visit("who can tell says when it will end, and nobody else", OF_FLOW, async ({ page, router }) => {
  await connection(page, "live").waitFor();
  const eta = page.locator(".eta");
  assert(await eta.isHidden(), "something has failed");
  const now = Date.now();
  const took = (name: string, seconds: number) =>
    release("fsn1", name, "succeeded", {}, { startedAt: now - seconds * 1_000, endedAt: now });
  await router.delete(FLOW);
  await router.post(FLOW, {
    type: "upsert-nodes",
    nodes: [
      ...[took("cilium", 50), took("vault", 60), took("flux", 70)],
      release("fsn1", "loki", "running", {}, { startedAt: now }),
    ],
  });
  await eta.filter({ hasText: /^about (1m|5\ds|60s) left$/ }).waitFor();
  await router.post(FLOW, { type: "upsert-nodes", nodes: [release("fsn1", "loki", "failed")] });
  await eta.waitFor({ state: "hidden" });
});

visit("a deleted flow is shown as deleted", OF_FLOW, async ({ page, router, errors }) => {
  await connection(page, "live").waitFor();
  await router.delete(FLOW);
  await shows(page, ".blank", "No nodes yet");
  await shows(page, "#notice", "The flow was deleted");
  assertEquals(errors, []);
});

visit("words and phases narrow the tables, keys reach the filter", OF_FLOW, async ({ page }) => {
  await connection(page, "live").waitFor();
  await page.keyboard.press("/");
  await page.keyboard.type("hel1 cilium");
  await shows(page, "[data-part=shown]", "1 of 36");
  assertEquals(await namesIn(page, "hel1"), ["bp-cilium"]);
  assert(await region(page, "fsn1").isHidden());

  await page.keyboard.press("Escape");
  await shows(page, "[data-part=shown]", "");
  const failed = page.getByRole("button", { name: "failed" });
  await failed.focus();
  await page.keyboard.press("Enter");
  await shows(page, "[data-part=shown]", "1 of 36");
  assertEquals(await failed.getAttribute("aria-pressed"), "true");
  await page.keyboard.press("/");
  await page.keyboard.type("nowhere");
  await shows(page, ".blank", "No node fits the filter");
});

visit("a heading sorts its column up, down and not at all", OF_FLOW, async ({ page }) => {
  await connection(page, "live").waitFor();
  const heading = region(page, "hel1").getByRole("columnheader", { name: "Name" });
  const sorted = (order: string) => heading.and(page.locator(`[aria-sort=${order}]`)).waitFor();
  const byName = (names: string[]) => names.toSorted((a, b) => a.localeCompare(b));

  const urgent = await namesIn(page, "hel1");
  await heading.getByRole("button").click();
  await sorted("ascending");
  assertEquals(await namesIn(page, "hel1"), byName(urgent));
  await heading.getByRole("button").press("Enter");
  await sorted("descending");
  assertEquals(await namesIn(page, "hel1"), byName(urgent).reverse());
  await heading.getByRole("button").press("Enter");
  await heading.and(page.locator("[aria-sort]")).waitFor({ state: "detached" });
  assertEquals(await namesIn(page, "hel1"), urgent);
});

visit("what a node waits for leads to that node, also through a filter", OF_FLOW, async (v) => {
  const { page } = v;
  await connection(page, "live").waitFor();
  await page.getByLabel("Filter the nodes").fill("harbor fsn1");
  await shows(page, "[data-part=shown]", "1 of 36");
  await line(page, "fsn1", "bp-harbor").getByRole("link", { name: "bp-keycloak" }).click();
  const target = line(page, "fsn1", "bp-keycloak");
  await target.waitFor();
  assert(await target.evaluate((row) => row === document.activeElement && row.matches(":target")));
});

visit("a long message is opened by its button", OF_FLOW, async ({ page }) => {
  const failed = line(page, "fsn1", "bp-keycloak");
  const more = failed.getByRole("button", { name: "more" });
  const height = () => failed.evaluate((row) => row.getBoundingClientRect().height);
  await more.waitFor();
  const closed = await height();
  await more.click();
  assert(await height() > closed);
  assertEquals(
    await failed.getByRole("button", { name: "less" }).getAttribute("aria-expanded"),
    "true",
  );
});

visit(
  "whatever a flow says is text and never markup",
  OF_FLOW,
  async ({ page, router, errors }) => {
    const evil =
      `"><img src=x onerror="document.title='owned'"><script>document.title='owned'</script>`;
    await router.post(FLOW, {
      type: "upsert-nodes",
      nodes: [{
        id: `${evil}/${evil}`,
        flowId: FLOW,
        label: evil,
        status: evil,
        region: evil,
        meta: {
          state: evil,
          reason: evil,
          message: evil,
          blockedBy: [evil, "javascript:alert(1)"],
        },
      }],
    });
    await page.getByRole("heading", { level: 2 }).filter({ hasText: "onerror" }).waitFor();
    assertEquals(await page.locator("main img, main script").count(), 0);
    assertEquals(await page.locator("main a[href^=javascript]").count(), 0);
    assertEquals(await page.title(), `1 failed · ${FLOW}`);
    assertEquals(errors, []);
  },
);

visit("one node's change touches one line", OF_FLOW, async ({ page, router }) => {
  const many = Array.from({ length: 2_000 }, (_, n) => release("nbg1", `n${n}`, "pending"));
  await router.post(FLOW, { type: "upsert-nodes", nodes: many });
  // By its text: two thousand rows are too many to ask each for its role.
  const row = (name: string) => page.locator("tbody tr").filter({ hasText: name });
  await row("bp-n1999").waitFor({ state: "attached" });
  await page.evaluate(() => {
    const touched = new Set<string>();
    const note = (node: Node) => {
      const row = node instanceof Element
        ? node.closest("tbody tr")
        : node.parentElement?.closest("tbody tr");
      if (row) touched.add(row.querySelector("[data-part=name]")?.textContent ?? "");
    };
    new MutationObserver((records) => {
      for (const { target, addedNodes, removedNodes } of records) {
        for (const node of [target, ...addedNodes, ...removedNodes]) note(node);
      }
      // Durations of running nodes tick by themselves.
      document.body.dataset["touched"] = [...touched].filter((name) => /^bp-n\d/.test(name)).join();
    }).observe(document.querySelector("main")!, {
      subtree: true,
      childList: true,
      attributes: true,
      characterData: true,
    });
  });
  await router.post(FLOW, { type: "upsert-nodes", nodes: [release("nbg1", "n1234", "failed")] });
  await row("bp-n1234").and(page.locator("[data-phase=failed]")).waitFor();
  assertEquals(await page.locator("body").getAttribute("data-touched"), "bp-n1234");
});

visit("flows are listed as they come, what started last first", "?flows", async (v) => {
  const { page, router } = v;
  await shows(page, ".flows .name", FLOW);
  await router.post("other / flow", {
    type: "upsert-flow",
    flow: { id: "other / flow", status: "succeeded", startedAt: Date.now() },
  });
  await shows(page, ".flows li:first-child .name", "other / flow");
  assertEquals(await page.locator(".flows .name").allTextContents(), ["other / flow", FLOW]);
  await page.getByRole("link", { name: "other / flow" }).click();
  await connection(page, "live").waitFor();
  assertEquals(await page.getByRole("heading", { level: 1 }).textContent(), "other / flow");
  assertEquals(v.errors, []);
});

visit(
  "a flow that nobody has posted to says that it is empty",
  "?flow=nothing",
  async ({ page }) => {
    await shows(page, ".blank", "No nodes yet");
  },
);

visit("a phone never scrolls sideways", OF_FLOW, async ({ page, router }) => {
  const long = "a-very-long-name-".repeat(12);
  await router.post(FLOW, {
    type: "upsert-nodes",
    nodes: [release("fsn1", long, "failed", { state: long, reason: long, message: long })],
  });
  await line(page, "fsn1", `bp-${long}`).waitFor();
  const [content, window] = await page.evaluate(() => [
    document.documentElement.scrollWidth,
    innerWidth,
  ]);
  assertEquals(content, window);
}, { viewport: { width: 390, height: 844 } });

visit("who asks for less motion gets none", OF_FLOW, async ({ page }) => {
  const moving = () =>
    page.evaluate(() => document.getAnimations().filter((it) => it.playState === "running").length);
  await line(page, "hel1", "bp-velero").waitFor();
  assert(await moving() > 0, "the sign of a running node turns");
  await page.emulateMedia({ reducedMotion: "reduce" });
  assertEquals(await moving(), 0);
});
