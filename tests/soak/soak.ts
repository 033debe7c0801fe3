import { subscribe, type Subscription } from "../../client/subscribe.ts";
import { snapshotOf } from "../../contracts/fold.ts";
import { Inspector } from "../router/inspector.ts";
import { RouterProcess } from "../router/router_process.ts";
import { type Below, GARBAGE, LASTING, PASSING, randomBody } from "./load.ts";

/** How long a soak lasts and how it tells about itself. */
export interface SoakOptions {
  readonly minutes: number;
  /** Takes a line every ten seconds. */
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
}

/** What went wrong; nothing, when the list is empty. */
export interface SoakResult {
  readonly problems: readonly string[];
  /** Heap after forced collections, in bytes: on the plateau at the start, and at the end. */
  readonly heap: readonly [start: number, end: number];
}

/** Until then rings fill, code is compiled and caches grow. */
const WARM_UP_MS = 60_000;
/** The heap may end this much above its plateau. */
const GROWTH = 1.05;

/** Limits tight enough to be reached again and again. */
const SETTINGS = {
  RING_CAPACITY: "512",
  FLOW_TTL: "20s",
  STREAM_MAX_AGE: "20s",
  STUCK_TIMEOUT: "5s",
};

/**
 * Idle connections of the load end before the router ends them: a request that meets its end is reset
 * without an answer, so with this any request that fails is a fault of the router's.
 */
const CLIENT_IDLE_MS = 15_000;

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const below: Below = (bound) => Math.floor(Math.random() * bound);

/**
 * Loads a router with everything that happens to one: publishers of all forms, readers that last,
 * readers that come and go, readers that take nothing, deletions, garbage. In the end every lasting
 * reader must hold the snapshot, and the router no more memory than it did on its plateau.
 */
export async function soak({ minutes, say, signal }: SoakOptions): Promise<SoakResult> {
  const problems: string[] = [];
  await using router = await RouterProcess.start({ settings: SETTINGS, inspect: true });
  const inspector = await Inspector.connect(router.inspector);
  using client = Deno.createHttpClient({ poolIdleTimeout: CLIENT_IDLE_MS });
  const ask: Ask = async (path, init) => {
    try {
      return await fetch(router.url + path, { ...init, client });
    } catch (error) {
      // Deno's own message says no more than that the fetch failed.
      if (!(error instanceof TypeError)) throw error;
      throw new Error(`${init.method ?? "GET"} ${path}: ${error.cause}`, { cause: error });
    }
  };
  const readers = LASTING.map((flowId) => subscribe({ url: router.url, flowId }));
  const counts = { posts: 0, streams: 0, deletions: 0, refused: 0 };

  const phase = async (ms: number, tell: boolean) => {
    const over = AbortSignal.any([signal, AbortSignal.timeout(ms)]);
    const work = [
      ...Array.from({ length: 3 }, () => repeat(over, 10, () => publish(ask, counts))),
      ...Array.from({ length: 4 }, () => repeat(over, 20, () => comeAndGo(ask, over, counts))),
      ...Array.from({ length: 20 }, () => repeat(over, 10, () => takeNothing(router, over))),
      repeat(over, 500, () => remove(router, counts)),
      repeat(over, 50, () => garbage(ask, problems, counts)),
      repeat(over, 10_000, async () => {
        if (tell) say(await progress(router, counts));
      }),
    ];
    for (const result of await Promise.allSettled(work)) {
      if (result.status === "rejected") problems.push(`the load failed: ${result.reason}`);
    }
  };

  await phase(WARM_UP_MS, false);
  const start = await restingHeap(router, inspector);
  say(`warm; ${megabytes(start)} of heap after collection`);
  await phase(Math.max(0, minutes * 60_000 - WARM_UP_MS), true);
  const end = await restingHeap(router, inspector);
  say(`done; ${megabytes(end)} of heap after collection`);

  if (end > start * GROWTH) {
    problems.push(`the heap grew from ${megabytes(start)} to ${megabytes(end)}`);
  }
  problems.push(...await wrongFolds(router, readers));
  for (const reader of readers) reader.close();
  await Promise.all(readers.map(({ closed }) => closed));
  // A process with an inspector attached waits for it to leave before it ends.
  inspector[Symbol.dispose]();
  for (const line of router.failures) problems.push(`the router logged ${JSON.stringify(line)}`);
  const { code } = await router.kill("SIGTERM");
  if (code !== 0) problems.push(`the router ended with code ${code}`);
  if (router.complaints !== "") problems.push(`the router complained: ${router.complaints}`);
  return { problems, heap: [start, end] };
}

async function repeat(over: AbortSignal, ms: number, work: () => Promise<void>): Promise<void> {
  while (!over.aborted) {
    await work();
    await pause(ms);
  }
}

/** A request to the router. */
type Ask = (path: string, init: RequestInit) => Promise<Response>;

async function publish(ask: Ask, counts: { posts: number }): Promise<void> {
  const flows = below(4) === 0 ? PASSING : LASTING;
  const flowId = flows[below(flows.length)]!;
  const { body, type } = randomBody(flowId, below);
  const response = await ask(`/v1/flows/${flowId}/events`, {
    method: "POST",
    body,
    headers: { "Content-Type": type },
  });
  const text = await response.text();
  if (response.status !== 200) {
    throw new Error(`a good body was answered ${response.status}: ${text}`);
  }
  counts.posts++;
}

/** A reader that leaves after a moment, in the middle of whatever comes. */
async function comeAndGo(
  ask: Ask,
  over: AbortSignal,
  counts: { streams: number },
): Promise<void> {
  const several = below(4) === 0;
  const flow = [...LASTING, ...PASSING][below(LASTING.length + PASSING.length)]!;
  const path = several ? "/v1/stream?flow=lasting-1*&flow=passing-*" : `/v1/flows/${flow}/stream`;
  const lastEventId = ["", "7", "banana", "3-aaaaaaaaaaaaa"][below(4)]!;
  const leave = AbortSignal.any([over, AbortSignal.timeout(below(300))]);
  try {
    const headers = { "Last-Event-ID": lastEventId };
    const response = await ask(path, { headers, signal: leave });
    await response.body?.pipeTo(new WritableStream(), { signal: leave });
  } catch (error) {
    if (!leave.aborted) throw error;
  }
  counts.streams++;
}

/** A reader that never reads, until the router has had enough. */
async function takeNothing(router: RouterProcess, over: AbortSignal): Promise<void> {
  using socket = await Deno.connect({ hostname: "127.0.0.1", port: router.port });
  const path = `/v1/flows/${LASTING[below(LASTING.length)]}/stream`;
  await socket.write(new TextEncoder().encode(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`));
  const stay = 2_000 + below(15_000);
  for (let waited = 0; waited < stay && !over.aborted; waited += 200) await pause(200);
}

async function remove(router: RouterProcess, counts: { deletions: number }): Promise<void> {
  await router.delete(PASSING[below(PASSING.length)]!);
  counts.deletions++;
}

async function garbage(
  ask: Ask,
  problems: string[],
  counts: { refused: number },
): Promise<void> {
  const { path, init, status } = GARBAGE[below(GARBAGE.length)]!;
  const response = await ask(path, init);
  await response.body?.cancel();
  if (response.status !== status) problems.push(`${path} was answered ${response.status}`);
  counts.refused++;
}

async function progress(router: RouterProcess, counts: Record<string, number>): Promise<string> {
  const metrics = await router.metrics();
  const shown = ["streams", "flows", "ring_bytes", "queued_bytes", "resident_bytes"]
    .map((name) => `${name} ${metrics.get(`headrace_${name}`)}`);
  return [...Object.entries(counts).map(([name, count]) => `${count} ${name}`), ...shown].join(
    ", ",
  );
}

/** The heap when nothing is going on but the lasting readers. */
async function restingHeap(router: RouterProcess, inspector: Inspector): Promise<number> {
  for (const flowId of PASSING) await router.delete(flowId);
  // Until stuck readers are cut off, closed connections are noticed and timers have run out.
  await pause(8_000);
  const { used, buffers } = await inspector.heapAfterCollection();
  return used + buffers;
}

async function wrongFolds(
  router: RouterProcess,
  readers: readonly Subscription[],
): Promise<string[]> {
  for (let waited = 0; waited < 30_000; waited += 500) {
    const wrong: string[] = [];
    for (const reader of readers) {
      const { flowId } = reader.state;
      const snapshot = (await router.snapshot(flowId))?.message;
      const fold = JSON.stringify(snapshotOf(reader.state));
      if (fold !== JSON.stringify(snapshot)) {
        wrong.push(`the reader of ${flowId} holds something else`);
      }
    }
    if (wrong.length === 0) return [];
    if (waited > 29_000) return wrong;
    await pause(500);
  }
  return [];
}

function megabytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}
