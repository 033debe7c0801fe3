/**
 * Frame times of the map while it is panned and updated, beside the same graph as plain SVG. Prints
 * one JSON line each; run it with the permissions of `deno task screenshots`.
 */
import type { Page } from "playwright-core";
import type { FlowMessage, FlowNode } from "../../../contracts/flow.ts";
import { launchBrowser } from "../browser.ts";
import { RouterProcess } from "../router_process.ts";

const FLOW = "many";
const SECONDS = 6;
const UPDATES = 50;
const STATUSES = ["pending", "running", "succeeded"];

/** The same numbers in every run (Park and Miller 1988). */
let seed = 7;
const random = () => (seed = seed * 16_807 % 2_147_483_647) / 2_147_483_647;
const pick = (count: number) => Math.floor(random() * count);

const nodeOf = (at: number): FlowNode => ({
  id: `n${at}`,
  flowId: FLOW,
  label: `release-${at}`,
  status: STATUSES[pick(3)] ?? "",
  region: `region-${at % 4}`,
});

function graph(nodes: number): FlowMessage[] {
  const all = Array.from({ length: nodes }, (_, at) => nodeOf(at));
  const relationships = Array.from({ length: nodes * 1.5 }, () => {
    const from = pick(nodes - 400);
    return {
      fromId: `n${from}`,
      toId: `n${from + 4 + 4 * pick(99)}`,
      type: "finish-to-start" as const,
    };
  });
  const messages: FlowMessage[] = [];
  for (let at = 0; at < nodes; at += 1_000) {
    messages.push({ type: "upsert-nodes", nodes: all.slice(at, at + 1_000) });
  }
  for (let at = 0; at < relationships.length; at += 1_000) {
    messages.push({ type: "upsert-rels", relationships: relationships.slice(at, at + 1_000) });
  }
  return messages;
}

/** Times between frames, in milliseconds, while `step` is called before each. */
function measure(page: Page, step: "pan" | "svg"): Promise<number[]> {
  return page.evaluate(async ({ step, seconds }) => {
    const times: number[] = [];
    const map = document.querySelector("flow-canvas")?.shadowRoot?.querySelector(".map");
    const drawing = document.querySelector("#baseline > g");
    const event = (type: string, x: number) =>
      map?.dispatchEvent(new PointerEvent(type, { pointerId: 1, clientX: x, clientY: 400 }));
    const end = performance.now() + seconds * 1_000;
    let last = performance.now();
    for (let at = 0; last < end; at++) {
      const x = 700 + 500 * Math.sin(at / 40);
      if (step === "svg") drawing?.setAttribute("transform", `translate(${x} 0)`);
      else event(at === 0 ? "pointerdown" : "pointermove", x);
      const now = await new Promise<number>((resolve) => requestAnimationFrame(resolve));
      times.push(now - last);
      last = now;
    }
    return times.slice(1);
  }, { step, seconds: SECONDS });
}

function report(what: string, times: number[]): void {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) =>
    Math.round(10 * (sorted[Math.floor(sorted.length * share)] ?? 0)) / 10;
  const line = JSON.stringify({ what, frames: times.length, p50: at(0.5), p95: at(0.95) });
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}

const browser = await launchBrowser();
try {
  for (const count of [2_000, 10_000]) {
    await using router = await RouterProcess.start();
    for (const message of graph(count)) await router.post(FLOW, message);
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    // Pointers that no hand moves cannot be captured.
    await page.addInitScript(() => Element.prototype.setPointerCapture = () => {});
    await page.goto(`${router.url}?flow=${FLOW}`);
    await page.locator(`flow-canvas [data-node="n${count - 1}"]`).waitFor({ state: "attached" });
    // Loading and laying out are measured elsewhere.
    await page.waitForTimeout(3_000);
    const updates = setInterval(
      // One that is under way when the router ends has nobody to tell.
      () =>
        router.post(FLOW, { type: "upsert-nodes", nodes: [nodeOf(pick(count))] }).catch(() => {}),
      1_000 / UPDATES,
    );
    report(`map fitted, ${count} nodes, ${UPDATES} updates/s`, await measure(page, "pan"));
    for (let n = 0; n < 8; n++) {
      await page.getByRole("button", { name: "Zoom in" }).click();
    }
    report(`map closer, ${count} nodes, ${UPDATES} updates/s`, await measure(page, "pan"));
    clearInterval(updates);
    if (count === 2_000) {
      await page.evaluate(async () => {
        const map = document.querySelector("flow-canvas") as HTMLElement & {
          exportAs(format: string): Promise<Blob>;
        };
        const text = await (await map.exportAs("SVG")).text();
        const svg = new DOMParser().parseFromString(text, "image/svg+xml").documentElement;
        const group = document.createElementNS("http://www.w3.org/2000/svg", "g");
        group.append(...svg.childNodes);
        svg.append(group);
        svg.id = "baseline";
        svg.setAttribute("width", "1440");
        svg.setAttribute("height", "900");
        document.body.replaceChildren(document.adoptNode(svg));
      });
      report(`the same as SVG, ${count} nodes, no updates`, await measure(page, "svg"));
    }
    await page.close();
  }
} finally {
  await browser.close();
}
