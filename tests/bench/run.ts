import type { Bench } from "./bench.ts";
import { calmly } from "./calmly.ts";
import { BenchError } from "./errors.ts";
import { formatLoad } from "./loads.ts";
import { medianBy } from "./median.ts";
import type { Options, Section } from "./options.ts";
import { describe, disturbanceOf, type Outcome } from "./outcome.ts";
import type { IngestResult, Results, Skipped } from "./results.ts";
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
const WITH_INGEST = ["headrace", "echo", "nchan"];

/** One thing to measure. */
interface Step<T extends Outcome> {
  readonly what: string;
  measure(): Promise<T>;
}

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
  const quiet = options.quietMs === 0
    ? undefined
    : () => bench.load({ mode: "quiet", drainMs: options.quietMs });

  const attempt = async <T extends Outcome>({ what, measure }: Step<T>): Promise<T[]> => {
    try {
      const outcome = await calmly(quiet, measure, disturbanceOf);
      onStep(`${what}: ${describe(outcome)}`);
      return [outcome];
    } catch (error) {
      if (!(error instanceof BenchError)) throw error;
      onStep(`${what}: ${error.message}`);
      skipped.push({ what, why: error.message });
      return [];
    }
  };

  /** Takes steps that are compared with one another in turn, round by round. */
  const compare = async <T extends Outcome>(
    section: Section,
    steps: readonly Step<T>[],
    key: (outcome: T) => number,
  ): Promise<T[]> => {
    if (!options.sections.includes(section)) return [];
    const found = steps.map((): T[] => []);
    for (let round = 0; round < options.rounds; round++) {
      for (const [i, step] of steps.entries()) found[i]!.push(...await attempt(step));
    }
    return found.flatMap(([first, ...others]) =>
      first === undefined ? [] : [medianBy([first, ...others], key)]
    );
  };

  const streaming = peers.filter((peer) => peer !== "echo");
  const ours = peers.filter((peer) => peer === "headrace");
  const { idle, connections, storm: { clients, missed }, snapshot: { nodes, reads } } = sizes;

  const perLoad = options.loads.map((load) => () =>
    compare(
      "fanout",
      streaming.map((peer) => ({
        what: `${peer} at ${formatLoad(load)}`,
        measure: () => fanOut(bench, peer, load),
      })),
      ({ deliveriesPerCpuSecond }) => deliveriesPerCpuSecond,
    )
  );
  const forms: { peer: string; form: IngestResult["form"] }[] = [
    ...peers.filter((peer) => WITH_INGEST.includes(peer))
      .map((peer) => ({ peer, form: "single" as const })),
    ...ours.flatMap((peer) => (["batch", "ndjson"] as const).map((form) => ({ peer, form }))),
  ];

  return {
    fanOut: await inTurn(perLoad),
    idle: await compare(
      "idle",
      streaming.map((peer) => ({
        what: `${peer}, idle flow`,
        measure: () => fanOut(bench, peer, idle, { warmUpRate: IDLE_WARM_UP_RATE }),
      })),
      ({ latencyMs }) => latencyMs.p50 ?? Infinity,
    ),
    connections: await compare(
      "connections",
      connections.flatMap((subscribers) =>
        ours.map((peer) => ({
          what: `${peer} with ${subscribers} connections`,
          measure: () => fanOut(bench, peer, { subscribers, rate: 1 }, { prelude: 0 }),
        }))
      ),
      ({ kbPerConnection }) => kbPerConnection,
    ),
    ingest: await compare(
      "ingest",
      forms.map(({ peer, form }) => ({
        what: `${peer}, ingest ${form}`,
        measure: () => ingest(bench, peer, form),
      })),
      ({ requestsPerSecond }) => requestsPerSecond,
    ),
    storm: await compare(
      "storm",
      peers.filter((peer) => WITH_HISTORY.includes(peer)).map((peer) => ({
        what: `${peer}, ${clients} clients come back`,
        measure: () => storm(bench, peer, clients, missed),
      })),
      ({ wholeMs }) => wholeMs,
    ),
    snapshot: (await compare(
      "snapshot",
      ours.map((peer) => ({
        what: `${peer}, snapshot of ${nodes} nodes`,
        measure: () => snapshot(bench, nodes, reads),
      })),
      ([first]) => first?.ms.p50 ?? Infinity,
    )).flat(),
    skipped,
  };
}

async function inTurn<T>(steps: readonly (() => Promise<T[]>)[]): Promise<T[]> {
  const results: T[] = [];
  for (const step of steps) results.push(...await step());
  return results;
}
