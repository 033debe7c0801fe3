import type { Screen } from "../../demo/screen.ts";
import { type EdgeReport, wayOf } from "../count/ledger.ts";
import { type RunReport, unaccounted } from "../count/run_report.ts";
import type { LocalPlan } from "../plan/run_plan.ts";
import type { MapReporter } from "../show/map_reporter.ts";
import { edgeLine, edgeName, edgeTable } from "../show/progress.ts";
import { runMap, type RunView } from "../show/run_map.ts";
import { drain } from "./drain.ts";
import type { LocalRun } from "./local_run.ts";

/** How often counters are read and shown, in milliseconds. */
const LOOK_MS = 250;

export interface SessionOptions {
  readonly plan: LocalPlan;
  readonly local: LocalRun;
  readonly screen: Screen;
  /** Columns of the terminal; undefined where lines cannot change in place. */
  readonly columns: () => number | undefined;
  /** Absent when nobody wants to see it. */
  readonly map: MapReporter | undefined;
  /** How long generators run, in milliseconds; absent: until the signal. */
  readonly duration?: number;
  /** How long packets may still be on their way after that. */
  readonly drain: number;
}

/** One run, from its start to the end of its last packet, in the terminal and on the map. */
export class Session {
  #startedAt = Date.now();
  #since = performance.now();
  #state: "starting" | "running" | "draining" = "starting";

  constructor(readonly options: SessionOptions) {}

  /**
   * Runs the story.
   *
   * @param signal ends it as its time would
   * @throws {Error} when it could not be started
   */
  async run(signal: AbortSignal): Promise<RunReport> {
    const { plan, local, duration } = this.options;
    const looking = setInterval(() => this.#show(), LOOK_MS);
    try {
      await local.start(signal);
      this.#sayEdges();
      this.#state = "running";
      this.#startedAt = Date.now();
      this.#since = performance.now();
      await Promise.race([
        aborted(signal),
        local.generated(),
        ...(duration === undefined ? [] : [pause(duration, signal)]),
      ]);
      const seconds = (performance.now() - this.#since) / 1_000;
      this.#state = "draining";
      await local.stopGenerators();
      const drained = await drain(local, this.options.drain);
      const edges = local.edges();
      const report: RunReport = {
        story: plan.file.story.metadata.name,
        storyRun: plan.storyRun,
        seconds: Math.round(seconds * 1_000) / 1_000,
        drained,
        unaccounted: unaccounted(edges),
        restarts: local.restarts,
        edges,
      };
      this.#show();
      if (this.options.columns() === undefined) this.#sayTable(edges, seconds);
      this.#end(report.unaccounted === 0);
      return report;
    } catch (error) {
      this.#end(false);
      throw error;
    } finally {
      clearInterval(looking);
    }
  }

  #sayEdges(): void {
    const { plan, screen } = this.options;
    for (const edge of plan.edges) screen.say(`  ${edgeName(edge)}: ${edge.mode}, ${edge.why}`);
  }

  /** How it went on the whole, where no table is there yet. */
  #sayTable(edges: readonly EdgeReport[], seconds: number): void {
    const table = edgeTable(edges, ({ delivered }) => (delivered ?? 0) / seconds);
    for (const line of table) this.options.screen.say(line);
  }

  /** Brings terminal and map up to date; what is shown was read a moment ago. */
  #show(): void {
    const { local, map, plan, screen } = this.options;
    const columns = this.options.columns();
    void local.look();
    const edges = local.edges();
    map?.show(runMap(plan, this.#view()));
    if (this.#state === "starting") return;
    const rateOf = (edge: { from: string; to: string }) => this.options.local.rates.of(wayOf(edge));
    const seconds = (performance.now() - this.#since) / 1_000;
    screen.show(
      columns === undefined
        ? [edgeLine(seconds, edges, rateOf)]
        // A line that wraps is two, and the next ones would be drawn too low.
        : edgeTable(edges, rateOf).map((line) => line.slice(0, columns)),
    );
  }

  #end(ok: boolean): void {
    const { map, plan } = this.options;
    map?.show(runMap(plan, { ...this.#view(), end: { at: Date.now(), ok } }));
  }

  #view(): RunView {
    const { local } = this.options;
    return {
      edges: local.edges(),
      steps: local.steps(),
      edgeRate: (edge) => this.options.local.rates.of(wayOf(edge)),
      sentRate: (step) => this.options.local.rates.of(step),
      stateOf: (step) => local.stateOf(step),
      startedAt: this.#startedAt,
    };
  }
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve()));
}
