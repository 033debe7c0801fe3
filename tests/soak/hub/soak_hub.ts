import type { HubReport, StreamReport } from "../../../hub/server/introspection.ts";
import { type HubProcess, startHubProcess } from "../../hub/testing/hub_process.ts";
import { Inspector } from "../../router/inspector.ts";
import { parseMetrics } from "../../router/metrics_text.ts";
import { createAuthority } from "../../cluster/x509.ts";
import { SlowConsumer } from "./slow_consumer.ts";
import { frameOf, StepLoad } from "./step_load.ts";

/** What a full buffer does, and at-least-once, which never drops. */
export const POLICIES = [
  "drop_newest",
  "drop_oldest",
  "block",
  "latest_per_key",
  "at_least_once",
] as const;
export type SoakPolicy = (typeof POLICIES)[number];

/** What is wrong with the consumer: it never comes, never reads, or reads far too slowly. */
const FAULTS = ["absent", "stuck", "trickle"] as const;

export interface HubSoakOptions {
  readonly minutes: number;
  readonly policies: readonly SoakPolicy[];
  /** Percent of the time that producers send, at full speed. */
  readonly busy: number;
  /** Takes a line every ten seconds. */
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
}

export interface HubSoakResult {
  /** What went wrong; nothing, when the list is empty. */
  readonly problems: readonly string[];
  /** Heap and buffers after forced collections, in bytes: on the plateau, and at the end. */
  readonly heap: readonly [start: number, end: number];
  readonly peakResident: number;
  /** Packets that the hub took. */
  readonly packets: number;
}

const MAX_BYTES = 2 * 1024 * 1024;
/** Never reached: the bytes are what binds. */
const MAX_MESSAGES = 1_000_000;
const PAYLOAD = "x".repeat(1_000);
/** Keys under latest_per_key: their values are twice of what has room. */
const KEYS = 4_096;
const FRAME = 32;
/**
 * What a packet of 1 KiB may cost beside its bytes, as a part of them: the object, its place in the
 * queue, and the slack of an allocator that is in use for a long time.
 */
const OVERHEAD = 1.5;
/** What the process has beside the buffers: code, connections, frames on their way, young garbage. */
const BASE = 450 * 2 ** 20;
/** Of the heap, which is looked at while packets pass. */
const GROWTH = 1.2;
const HEALTHY = "healthy";

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** A producer at full speed for one step, and what is wrong with the consumer. */
interface Pair {
  readonly run: string;
  readonly policy: SoakPolicy;
  readonly fault: (typeof FAULTS)[number];
}

/**
 * Holds consumers that do not read against producers at full speed, under each policy, in one hub
 * process. No buffer may pass its limits, the process none of its memory, a healthy stream beside
 * them may lose nothing, each packet must be accounted for, and everything must be whole once the
 * consumers read.
 */
export async function soakHub(options: HubSoakOptions): Promise<HubSoakResult> {
  const { minutes, policies, busy, say, signal } = options;
  const pairs = policies.flatMap((policy) =>
    FAULTS.map((fault): Pair => ({ run: `${policy}-${fault}`.replaceAll("_", "-"), policy, fault }))
  );
  const problems = new Set<string>();
  const started = performance.now();
  const note = (problem: string) => {
    if (problems.has(problem)) return;
    problems.add(problem);
    say(`${seconds(performance.now() - started)}: ${problem}`);
  };
  await using hub = await startHubProcess(
    stories(pairs),
    {},
    createAuthority("Headrace soak"),
    ["--inspect=127.0.0.1:0"],
  );
  using inspector = await Inspector.connect(hub.inspector ?? "");
  const over = AbortSignal.any([signal, AbortSignal.timeout(minutes * 60_000)]);
  using healthy = new Healthy(hub);
  const producers = pairs.map(({ run }) => new StepLoad(hub, run, "a", true));
  for (const producer of producers) producer.heed();
  const consumers = new Map<Pair, SlowConsumer>();
  for (const pair of pairs) {
    if (pair.fault !== "absent") consumers.set(pair, new SlowConsumer(hub, pair.run, "b"));
  }
  let peak = 0;
  let start = 0;
  const load = [
    healthy.run(over),
    ...producers.map((producer, index) =>
      produce(producer, pairs[index]?.policy === "latest_per_key", busy, over)
    ),
    ...[...consumers].flatMap(([{ fault }, consumer]) =>
      fault === "trickle" ? [consumer.trickle(100, over)] : []
    ),
  ];
  // Until buffers are full and code is compiled: a third of the time, a minute at most.
  const plateau = started + Math.min(60_000, minutes * 20_000);
  let told = started;
  while (!over.aborted) {
    await pause(1_000);
    const report = await streamsOf(hub);
    const resident = await residentOf(hub);
    peak = Math.max(peak, resident);
    for (const problem of outOfBounds(report)) note(problem);
    for (const problem of healthy.problems()) note(problem);
    for (const [{ run }, { ended }] of consumers) {
      if (ended) note(`${run} lost its consumer: ${ended}`);
    }
    for (const [index, { ended }] of producers.entries()) {
      if (ended) note(`${pairs[index]?.run} lost its producer: ${ended}`);
    }
    const now = performance.now();
    if (start === 0 && now > plateau) start = await heapOf(inspector);
    if (now - told < 10_000) continue;
    told = now;
    say(`${packetsOf(report)} packets, ${held(report)} held, ${mebibytes(resident)} resident`);
  }
  const end = await heapOf(inspector);
  healthy.stop();
  for (const producer of producers) producer.stop();
  await Promise.all(load);
  await recover(hub, pairs, consumers, problems);
  const report = await streamsOf(hub);
  for (const problem of unaccounted(report)) problems.add(problem);
  await healthy.finish(problems);
  for (const producer of producers) producer[Symbol.dispose]();
  for (const consumer of consumers.values()) consumer[Symbol.dispose]();
  const allowed = BASE + pairs.length * MAX_BYTES * OVERHEAD;
  if (peak > allowed) problems.add(`${mebibytes(peak)} resident, ${mebibytes(allowed)} allowed`);
  if (end > start * GROWTH) {
    problems.add(`the heap grew from ${mebibytes(start)} to ${mebibytes(end)}`);
  }
  const alarms = hub.log().split("\n").filter((line) => /"level":"ERROR"|is silent/.test(line));
  for (const line of alarms) problems.add(`the hub says: ${line}`);
  return {
    problems: [...problems],
    heap: [start, end],
    peakResident: peak,
    packets: packetsOf(report),
  };
}

/** Every consumer reads from here on: what waits comes out, and held producers get their room. */
async function recover(
  hub: HubProcess,
  pairs: readonly Pair[],
  consumers: Map<Pair, SlowConsumer>,
  problems: Set<string>,
): Promise<void> {
  for (const pair of pairs) {
    const consumer = consumers.get(pair) ?? new SlowConsumer(hub, pair.run, "b");
    consumers.set(pair, consumer);
    consumer.readAll();
  }
  const deadline = performance.now() + 60_000;
  let open: readonly StreamReport[] = [];
  while (performance.now() < deadline) {
    open = (await streamsOf(hub)).filter(({ buffer, holds }) => buffer.messages > 0 || holds > 0);
    if (open.length === 0) break;
    await pause(200);
  }
  for (const stream of open) problems.add(`not whole again: ${JSON.stringify(stream)}`);
}

async function produce(
  producer: StepLoad,
  keyed: boolean,
  busy: number,
  over: AbortSignal,
): Promise<void> {
  const frames = Array.from({ length: keyed ? KEYS / FRAME : 1 }, (_, frame) =>
    frameOf(
      Array.from({ length: FRAME }, (_, n) => ({ key: String(frame * FRAME + n), text: PAYLOAD })),
    ));
  for (let count = 0; !over.aborted;) {
    const until = performance.now() + busy;
    while (performance.now() < until && !over.aborted) {
      await producer.write(frames[count++ % frames.length]!, FRAME);
    }
    await pause(100 - busy);
  }
}

/** A stream with a consumer that reads, beside the others: it must not notice them. */
class Healthy implements Disposable {
  readonly #producer: StepLoad;
  readonly #consumer: SlowConsumer;
  #sent = 0;
  #got = 0;
  #sentBefore: number[] = [];

  constructor(hub: HubProcess) {
    this.#producer = new StepLoad(hub, HEALTHY, "a", false);
    this.#consumer = new SlowConsumer(hub, HEALTHY, "b", () => this.#got++);
    this.#consumer.readAll();
  }

  async run(over: AbortSignal): Promise<void> {
    while (!over.aborted) {
      this.#sent++;
      await this.#producer.write(frameOf([{ n: this.#sent }]));
      await pause(50);
    }
  }

  /** Everything sent ten looks ago must have come. */
  problems(): string[] {
    this.#sentBefore.push(this.#sent);
    const due = this.#sentBefore.length > 10 ? this.#sentBefore.shift() ?? 0 : 0;
    return this.#got >= due ? [] : ["the healthy stream stood still for ten seconds"];
  }

  stop(): void {
    this.#producer.stop();
  }

  async finish(problems: Set<string>): Promise<void> {
    for (let waited = 0; this.#got < this.#sent && waited < 20_000; waited += 100) await pause(100);
    if (this.#got !== this.#sent) problems.add(`healthy: ${this.#sent} sent, ${this.#got} came`);
  }

  [Symbol.dispose](): void {
    this.#producer[Symbol.dispose]();
    this.#consumer[Symbol.dispose]();
  }
}

function stories(pairs: readonly Pair[]): string {
  const documents = [{ run: HEALTHY, policy: "block" as const }, ...pairs].flatMap(
    ({ run, policy }) => [
      {
        kind: "Story",
        metadata: { name: run, namespace: "demo" },
        spec: {
          pattern: "realtime",
          transports: [{ name: "rt", transportRef: "rt", streaming: streamingOf(policy) }],
          steps: [{ name: "a" }, { name: "b", needs: ["a"] }]
            .map((step) => ({ transport: "rt", ref: { name: "any" }, ...step })),
        },
      },
      {
        kind: "StoryRun",
        metadata: { name: run, namespace: "demo" },
        spec: { storyRef: { name: run } },
      },
    ],
  );
  return documents.map((document) => JSON.stringify(document)).join("\n---\n");
}

function streamingOf(policy: SoakPolicy) {
  const limits = { maxMessages: MAX_MESSAGES, maxBytes: MAX_BYTES };
  const lanes = [{ name: "payload", kind: "payload", ...limits }];
  if (policy === "at_least_once") {
    return { lanes, backpressure: { buffer: limits }, delivery: { semantics: "at_least_once" } };
  }
  const key = policy === "latest_per_key" ? { key: "payload.key" } : {};
  return {
    lanes,
    backpressure: { buffer: { ...limits, dropPolicy: policy, ...key } },
    // With credits a consumer that is there holds its producer, and no policy would have to act.
    flowControl: { mode: "none" },
  };
}

async function streamsOf({ running }: HubProcess): Promise<readonly StreamReport[]> {
  const response = await fetch(`http://127.0.0.1:${running.httpPort}/v1/streams`);
  return (await response.json() as HubReport).streams;
}

async function residentOf({ running }: HubProcess): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${running.httpPort}/metrics`);
  return parseMetrics(await response.text()).get("headrace_resident_bytes") ?? NaN;
}

async function heapOf(inspector: Inspector): Promise<number> {
  const { used, buffers } = await inspector.heapAfterCollection();
  return used + buffers;
}

function outOfBounds(report: readonly StreamReport[]): string[] {
  return report.flatMap(({ storyRun, step, buffer }) =>
    buffer.bytes <= buffer.maxBytes && buffer.messages <= buffer.maxMessages
      ? []
      : [`${storyRun}/${step} held ${buffer.bytes} of ${buffer.maxBytes} bytes`]
  );
}

/** What a step sent went on to the other or was dropped and counted. */
function unaccounted(report: readonly StreamReport[]): string[] {
  const sources = report.filter(({ step }) => step === "a");
  return sources.flatMap(({ storyRun, received }) => {
    const sink = report.find((stream) => stream.storyRun === storyRun && stream.step === "b");
    if (sink === undefined) return [`nothing came to ${storyRun}/b`];
    const dropped = Object.values(sink.dropped).reduce((sum, count) => sum + count, 0);
    return sink.delivered + dropped === received
      ? []
      : [`${storyRun}: ${received} came, ${sink.delivered} delivered, ${dropped} dropped`];
  });
}

function packetsOf(report: readonly StreamReport[]): number {
  return report.reduce((sum, { received }) => sum + received, 0);
}

function held(report: readonly StreamReport[]): string {
  return mebibytes(report.reduce((sum, { buffer }) => sum + buffer.bytes, 0));
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(0)} s`;
}

export function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}
