import { createKeeper } from "../cluster/keeper.ts";
import { type ControlPlane, startControlPlane } from "../cluster/control_plane.ts";
import { type Program, type Router, startAdapter, startRouter } from "../cluster/product.ts";
import { mayLead, mayWatch, namespace } from "../cluster/rbac.ts";
import { waitFor } from "../cluster/wait_for.ts";
import { bigRelease, createReleases, installedStatus } from "./releases.ts";
import { usageOf } from "./process_usage.ts";

const FLOW = "scale";
const PATIENCE = { within: 300_000, every: 20 };

/** How much is measured. */
export interface ScaleOptions {
  readonly releases: number;
  /** How long the adapter is watched while nothing happens, in seconds. */
  readonly idleSeconds: number;
  /** Status writes a second while something happens, and for how many seconds. */
  readonly writes: { readonly perSecond: number; readonly seconds: number };
  readonly say: (line: string) => void;
}

/** One figure, and the most that it may be. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly atMost?: number;
}

/** Shows a cluster of many releases and measures what that costs the adapter. */
export async function measure(options: ScaleOptions): Promise<Figure[]> {
  const { releases, say } = options;
  await using keeper = await createKeeper("headrace-scale-");
  await using plane = await startControlPlane();
  await plane.apply(
    namespace("flux-system"),
    ...mayWatch("headrace", { user: "headrace" }),
    ...mayLead("headrace", "flux-system", { user: "headrace" }),
  );
  say(`making ${releases} releases`);
  await createReleases(plane.admin, releases);
  const router = await startRouter(keeper);
  const kubeconfig = await plane.writeKubeconfig("headrace", plane.accessFor("headrace"));
  const figures: Figure[] = [];
  const add = (name: string, value: number, unit: string, atMost?: number) => {
    figures.push({ name, value, unit, ...(atMost === undefined ? {} : { atMost }) });
    say(`${name}: ${value.toFixed(2)} ${unit}`);
  };

  const startedAt = Date.now();
  const adapter = await startAdapter(keeper, {
    router: router.url,
    flowId: FLOW,
    region: "fsn1",
    kubeconfig,
    // As it is by default, because each renewal costs something.
    env: { NAMESPACE_FILTER: "*", LEASE_DURATION: "15s" },
  });
  const first = await whole(router, releases, 0);
  add(
    "from the adapter's start to the whole map on the router",
    (first.at - startedAt) / 1000,
    "s",
  );
  add("resident memory, most of the start", (await usageOf(adapter.pid)).peak, "MiB");

  await idle(adapter, options, add);
  await resync(adapter, router, releases, add);
  await writing(adapter, plane, options, add);
  add("resident memory after all that", (await usageOf(adapter.pid)).rss, "MiB", 200);
  add("resident memory, most of all", (await usageOf(adapter.pid)).peak, "MiB");
  return figures;
}

type Add = (name: string, value: number, unit: string, atMost?: number) => void;

async function idle(adapter: Program, { idleSeconds }: ScaleOptions, add: Add): Promise<void> {
  // The collector of garbage has something to do after the start.
  await pause(15_000);
  const before = await usageOf(adapter.pid);
  await pause(idleSeconds * 1000);
  const after = await usageOf(adapter.pid);
  add("resident memory when idle", after.rss, "MiB", 200);
  add("CPU when idle", (after.cpu - before.cpu) / idleSeconds * 100, "% of a core", 1);
}

/** The router loses everything. */
async function resync(adapter: Program, router: Router, releases: number, add: Add): Promise<void> {
  const before = await usageOf(adapter.pid);
  await router.stop("SIGKILL");
  await router.start();
  const readyAt = Date.now();
  const { at } = await whole(router, releases, readyAt);
  const noticed = (await adapter.logs())
    .filter(({ msg }) => String(msg).includes("router lost our part"))
    .map(({ time }) => Date.parse(String(time)));
  const noticedAt = noticed.at(-1) ?? readyAt;
  add("until a new router is noticed", (noticedAt - readyAt) / 1000, "s");
  add("full resync to a new router, from then on", (at - noticedAt) / 1000, "s", 5);
  add("CPU of that resync", (await usageOf(adapter.pid)).cpu - before.cpu, "s");
}

/** Releases change all the time. */
async function writing(
  adapter: Program,
  plane: ControlPlane,
  { releases, writes: { perSecond, seconds } }: ScaleOptions,
  add: Add,
): Promise<void> {
  const before = await usageOf(adapter.pid);
  const from = Date.now();
  for (let i = 0; i < perSecond * seconds; i++) {
    const release = bigRelease(i * 37 % releases);
    const status = installedStatus(release.metadata.name, 2 + i);
    await plane.admin.patch(release, { status }, "status");
    const due = from + (i + 1) * 1000 / perSecond;
    if (due > Date.now()) await pause(due - Date.now());
  }
  const took = (Date.now() - from) / 1000;
  const after = await usageOf(adapter.pid);
  const rate = Math.round(perSecond * seconds / took);
  add(
    `CPU at ${rate} status writes a second`,
    (after.cpu - before.cpu) / took * 100,
    "% of a core",
  );
}

/** Waits until the router has every node. */
async function whole(router: Router, releases: number, since: number): Promise<{ at: number }> {
  return await waitFor("the whole map", async () => {
    const response = await fetch(`${router.url}/v1/flows`);
    const { flows } = await response.json() as { flows: { id: string; nodes: number }[] };
    const nodes = flows.find(({ id }) => id === FLOW)?.nodes ?? 0;
    return nodes === releases + 1 && { at: Math.max(Date.now(), since) };
  }, PATIENCE);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
