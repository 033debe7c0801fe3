import type { Bench } from "./bench.ts";
import { BenchError } from "./errors.ts";
import { formatLoad } from "./loads.ts";
import { medianBy } from "./median.ts";
import type { Options, Section } from "./options.ts";
import {
  DISTURBANCE,
  type FanOutResult,
  type IngestResult,
  type Results,
  type Skipped,
  type SnapshotResult,
  type StormResult,
} from "./results.ts";
import { fanOut } from "./scenarios/fan_out.ts";
import { ingest } from "./scenarios/ingest.ts";
import { snapshot } from "./scenarios/snapshot.ts";
import { storm } from "./scenarios/storm.ts";

/** What a run is made of; the rest of the results comes from outside of it. */
export type Measured = Omit<Results, "at" | "machine" | "pinned" | "windowSeconds" | "labels">;

/** Sizes of the parts whose size is not an option. */
interface Sizes {
  readonly idle: { readonly subscribers: number; readonly rate: number };
  readonly connections: readonly number[];
  readonly storm: { readonly clients: number; readonly missed: number };
  readonly snapshot: { readonly nodes: number; readonly reads: number };
}

const FULL: Sizes = {
  // One message each 200 ms: the flow is idle before each of them.
  idle: { subscribers: 100, rate: 5 },
  connections: [5000, 18_000],
  storm: { clients: 5000, missed: 100 },
  snapshot: { nodes: 2000, reads: 50 },
};

const QUICK: Sizes = {
  ...FULL,
  connections: [5000],
  storm: { clients: 1000, missed: 100 },
  snapshot: { nodes: 2000, reads: 10 },
};

/** Messages a second before the idle flow is measured: a flow that was busy and went idle. */
const IDLE_WARM_UP_RATE = 200;

/** Peers whose clients can say what they saw last; Mercure keeps nothing in its fastest form. */
const WITH_HISTORY = ["headrace", "nchan"];

/**
 * Measures what the options ask for. What cannot be measured is told and left out; only an
 * interrupt ends the run.
 *
 * @param peers those of the options that can be had here
 * @param onStep hears of each measurement when it is done
 */
export async function runBench(
  bench: Bench,
  options: Options,
  peers: readonly string[],
  onStep: (text: string) => void,
): Promise<Measured> {
  const sizes = options.quick ? QUICK : FULL;
  const skipped: Skipped[] = [];
  const attempt = async <T extends Outcome>(
    what: string,
    measure: () => Promise<T>,
  ): Promise<T[]> => {
    try {
      const result = await calmly(bench, options.quietMs, measure);
      onStep(`${what}: ${outcome(result)}`);
      return [result];
    } catch (error) {
      if (!(error instanceof BenchError)) throw error;
      onStep(`${what}: ${error.message}`);
      skipped.push({ what, why: error.message });
      return [];
    }
  };
  const each = async <I, T>(
    section: Section,
    items: readonly I[],
    measure: (item: I) => Promise<T[]>,
  ): Promise<T[]> => {
    if (!options.sections.includes(section)) return [];
    const results: T[] = [];
    for (const item of items) results.push(...await measure(item));
    return results;
  };
  const streaming = peers.filter((peer) => peer !== "echo");
  const ours = peers.filter((peer) => peer === "headrace");
  const history = peers.filter((peer) => WITH_HISTORY.includes(peer));
  const cells = options.loads.flatMap((load) => streaming.map((peer) => ({ peer, load })));
  const rounds = Array.from({ length: options.rounds }, (_, round) => round + 1);

  const measured: Measured = {
    fanOut: await each("fanout", cells, async ({ peer, load }) => {
      const found = await inTurn(rounds, (round) => {
        const turn = rounds.length > 1 ? `, round ${round}` : "";
        return attempt(`${peer} at ${formatLoad(load)}${turn}`, () => fanOut(bench, peer, load));
      });
      const [first, ...others] = found;
      if (first === undefined) return [];
      return [medianBy([first, ...others], (result) => result.deliveriesPerCpuSecond)];
    }),
    idle: await each(
      "idle",
      streaming,
      (peer) =>
        attempt(
          `${peer}, idle flow`,
          () => fanOut(bench, peer, sizes.idle, { warmUpRate: IDLE_WARM_UP_RATE }),
        ),
    ),
    connections: await each(
      "connections",
      sizes.connections.flatMap((count) => ours.map((peer) => ({ peer, count }))),
      ({ peer, count }) =>
        attempt(
          `${peer} with ${count} connections`,
          () => fanOut(bench, peer, { subscribers: count, rate: 1 }, { prelude: 0 }),
        ),
    ),
    ingest: await each(
      "ingest",
      [
        ...peers.filter((peer) => ["headrace", "echo", "nchan"].includes(peer))
          .map((peer) => ({ peer, form: "single" as const })),
        ...ours.flatMap((peer) => (["batch", "ndjson"] as const).map((form) => ({ peer, form }))),
      ],
      ({ peer, form }) => attempt(`${peer}, ingest ${form}`, () => ingest(bench, peer, form)),
    ),
    storm: await each("storm", history, (peer) => {
      const { clients, missed } = sizes.storm;
      return attempt(
        `${peer}, ${clients} clients come back`,
        () => storm(bench, peer, clients, missed),
      );
    }),
    snapshot: (await each("snapshot", ours, (peer) => {
      const { nodes, reads } = sizes.snapshot;
      return attempt(`${peer}, snapshot of ${nodes} nodes`, () => snapshot(bench, nodes, reads));
    })).flat(),
    skipped,
  };
  return measured;
}

type Outcome = FanOutResult | IngestResult | StormResult | readonly SnapshotResult[];

/** The figure of a measurement that says most. */
function outcome(result: Outcome): string {
  const whole = (value: number) => Math.round(value).toLocaleString("en");
  if ("deliveriesPerSecond" in result) {
    const { deliveriesPerSecond, deliveriesPerCpuSecond, latencyMs } = result;
    return `${whole(deliveriesPerSecond)} deliveries/s, ${
      whole(deliveriesPerCpuSecond)
    } per CPU s, ` +
      `p50 ${latencyMs.p50} ms, p99 ${latencyMs.p99} ms`;
  }
  if ("messagesPerSecond" in result) {
    const { messagesPerSecond, messagesPerCpuSecond } = result;
    return `${whole(messagesPerSecond)} messages/s, ${whole(messagesPerCpuSecond)} per CPU s`;
  }
  if ("wholeMs" in result) return `whole after ${whole(result.wholeMs)} ms`;
  return result.map(({ kind, ms }) => `${kind} ${ms.p50} ms`).join(", ");
}

/** Measures on a quiet machine if that can be had in time, and keeps the least disturbed of a few. */
async function calmly<T>(bench: Bench, quietMs: number, measure: () => Promise<T>): Promise<T> {
  if (quietMs === 0) return await measure();
  const calm = async () => {
    await bench.load({ mode: "quiet", drainMs: quietMs });
    return await measure();
  };
  let best = await calm();
  for (let again = 0; again < REPEATS && disturbanceOf(best) > DISTURBANCE; again++) {
    const result = await calm();
    if (disturbanceOf(result) < disturbanceOf(best)) best = result;
  }
  return best;
}

/** How often a disturbed measurement is repeated. */
const REPEATS = 2;

function disturbanceOf(result: unknown): number {
  const { othersCpuShare = 0 } = result as { othersCpuShare?: number };
  return othersCpuShare;
}

async function inTurn<I, T>(items: readonly I[], each: (item: I) => Promise<T[]>): Promise<T[]> {
  const results: T[] = [];
  for (const item of items) results.push(...await each(item));
  return results;
}
