/**
 * How the map does in a headless Chromium without a GPU: frame times while it is panned and updated,
 * beside the same graph as plain SVG; layouts beside dagre and ELK; how long a page takes to load.
 * Prints tables and writes `results.json` beside this file.
 */
import type { Browser, Page } from "playwright-core";
import { launchBrowser } from "../browser.ts";
import { RouterProcess } from "../router_process.ts";
import { type FrameTimes, panMap, panSvg } from "./frames.ts";
import { BenchGraph, FLOW } from "./graph.ts";
import type { LayoutName, TimeLayout } from "./layouts.ts";

const VIEWPORT = { width: 1440, height: 900 };
const SIZES = [2_000, 10_000];
/** Status changes a second. */
const UPDATES = 50;
const LOADS = 15;

interface Results {
  readonly machine: { readonly cores: number; readonly chromium: string };
  readonly frames: FrameTimes[];
  readonly layouts: { what: LayoutName; nodes: number; fresh: number; again: number }[];
  readonly milliseconds: Record<string, number>;
}

const print = (text: string) => void Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
const round = (value: number) => Math.round(value * 10) / 10;

const browser = await launchBrowser();
const results: Results = {
  machine: { cores: navigator.hardwareConcurrency, chromium: browser.version() },
  frames: [],
  layouts: [],
  milliseconds: {},
};
try {
  for (const size of SIZES) await benchFrames(browser, size);
  await benchLayouts(browser);
  await benchLoads(browser);
} finally {
  await browser.close();
}
table(
  ["pan, 50 updates/s", "fps", "p50 ms", "p95 ms", "longest ms"],
  results.frames.map(({ what, ...times }) => [what, ...Object.values(times).map(round)]),
);
table(
  ["layout", "nodes", "first ms", "again ms"],
  results.layouts.map(({ what, nodes, fresh, again }) => [what, nodes, round(fresh), round(again)]),
);
table(["", "ms"], Object.entries(results.milliseconds).map(([what, ms]) => [what, round(ms)]));
const rounded = JSON.stringify(
  results,
  (_, value) => typeof value === "number" ? round(value) : value,
  2,
);
await Deno.writeTextFile(new URL("results.json", import.meta.url), `${rounded}\n`);

/** Pans a map of `size` nodes whole and closer, and beside it the same as SVG. */
async function benchFrames(browser: Browser, size: number): Promise<void> {
  await using router = await RouterProcess.start();
  const graph = new BenchGraph(size);
  for (const message of graph.messages()) await router.post(FLOW, message);
  const page = await browser.newPage({ viewport: VIEWPORT });
  // Pointers that no hand moves cannot be captured.
  await page.addInitScript(() => Element.prototype.setPointerCapture = () => {});
  const opened = performance.now();
  await page.goto(`${router.url}?flow=${FLOW}`);
  const last = page.locator(`flow-canvas [data-node="n${size - 1}"]`);
  await last.waitFor({ state: "attached" });
  results.milliseconds[`${size} nodes: from address to map`] = performance.now() - opened;
  // One that is under way when the router ends has nobody to tell.
  const update = () => router.post(FLOW, graph.update()).catch(() => {});
  const updates = setInterval(update, 1_000 / UPDATES);
  results.frames.push(await panMap(page, `map, ${size} nodes, all in view`));
  for (let n = 0; n < 14; n++) await page.getByRole("button", { name: "Zoom in" }).click();
  results.frames.push(await panMap(page, `map, ${size} nodes, texts to be read`));
  await last.focus();
  const pressed = performance.now();
  await last.press("Enter");
  await page.locator("flow-canvas aside").waitFor();
  results.milliseconds[`${size} nodes, ${UPDATES} updates/s: from key to panel`] =
    performance.now() - pressed;
  clearInterval(updates);
  await replaceBySvg(page);
  results.frames.push(await panSvg(page, `SVG, ${size} nodes, all in view, no updates`));
  await page.close();
}

async function replaceBySvg(page: Page): Promise<void> {
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
}

async function benchLayouts(browser: Browser): Promise<void> {
  const script = await bundled("layouts.ts");
  for (const nodes of SIZES) {
    const graph = new BenchGraph(nodes);
    const input = {
      nodes: graph.nodes.map(({ id, region }) => ({ key: id, lane: region ?? "" })),
      edges: graph.relationships.map(({ fromId, toId }) => ({ from: fromId, to: toId })),
      lanes: [...new Set(graph.nodes.map(({ region }) => region ?? ""))],
    };
    for (const what of ["headrace", "elkjs", "dagre"] as const) {
      // The others take minutes for more.
      if (nodes > 2_000 && what !== "headrace") continue;
      const page = await browser.newPage();
      await page.addScriptTag({ content: script, type: "module" });
      const times = await page.evaluate(({ what, input }) => {
        const { timeLayout } = globalThis as unknown as { timeLayout: TimeLayout };
        return timeLayout(what, input, what === "headrace" ? 9 : 2);
      }, { what, input });
      const [fresh = 0, ...again] = times;
      const middle = again.sort((a, b) => a - b)[again.length >> 1] ?? 0;
      results.layouts.push({ what, nodes, fresh, again: middle });
      await page.close();
    }
  }
}

/** From a new tab to a drawn map of the demo's size, each time without a cache. */
async function benchLoads(browser: Browser): Promise<void> {
  await using router = await RouterProcess.start();
  const { rollout, FLOW } = await import("../rollout.ts");
  await router.post(FLOW, ...rollout("failure", Date.now()));
  const times: number[] = [];
  for (let n = 0; n < LOADS; n++) {
    const context = await browser.newContext({ viewport: VIEWPORT });
    const page = await context.newPage();
    await page.goto(`${router.url}?flow=${FLOW}`, { waitUntil: "commit" });
    await page.locator("flow-canvas [data-node]").first().waitFor({ state: "attached" });
    times.push(await page.evaluate(() => performance.now()));
    await context.close();
  }
  times.sort((a, b) => a - b);
  results.milliseconds["36 nodes: from address to map, median"] = times[LOADS >> 1] ?? 0;
  results.milliseconds["36 nodes: from address to map, longest"] = times.at(-1) ?? 0;
}

async function bundled(name: string): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["bundle", "--quiet", "--platform=browser", new URL(name, import.meta.url).pathname],
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): void {
  const line = (cells: readonly (string | number)[]) => `| ${cells.join(" | ")} |`;
  print([line(head), line(head.map(() => "---")), ...rows.map(line), ""].join("\n"));
}
