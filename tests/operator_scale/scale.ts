import { binding, CHAIN, run, story } from "../../operator/transport/testing/objects.ts";
import type { ControlPlane } from "../cluster/control_plane.ts";
import { createKeeper } from "../cluster/keeper.ts";
import { conditionsOf, type KubeObject } from "../cluster/kube_object.ts";
import { waitFor } from "../cluster/wait_for.ts";
import { type AuditedRequest, auditLogIn } from "../operator/audit.ts";
import { bobrapetPlane, fresh, report } from "../operator/bobrapet.ts";
import {
  OPERATOR_USER,
  type OperatorProcess,
  startOperator,
} from "../operator/operator_process.ts";
import { type ProcessUsage, usageOf } from "../scale/process_usage.ts";

const RUNS = "/apis/runs.bubustack.io/v1alpha1/storyruns";
/** Requests of users, bobrapet and connectors that are under way at the same time. */
const AT_ONCE = 16;

/** What a phase of the runs' lives has cost. */
export interface PhaseFigures {
  readonly name: string;
  /** From its first request to its end, as the last object shows it. */
  readonly seconds: number;
  /** Of that, after the last request of those who made it begin. */
  readonly secondsBehind: number;
  /** CPU time of the operator. */
  readonly cpuSeconds: number;
  /** Requests of the operator a run, by `verb resource`. */
  readonly requestsPerRun: Readonly<Record<string, number>>;
}

export interface Figures {
  readonly runs: number;
  readonly phases: readonly PhaseFigures[];
  /** The operator's, in MiB. */
  readonly memory: { readonly idle: number; readonly after: number; readonly peak: number };
  /** Of the operator over all phases, beside its watches and its Lease. */
  readonly requestsPerRun: number;
}

export interface ScaleOptions {
  /** StoryRuns that are made at once. */
  readonly runs: number;
  readonly say: (line: string) => void;
}

/**
 * Makes many StoryRuns of a Story with two steps at once, lets their connectors report, and deletes
 * them; says what each of that takes, by the operator's own usage and the API server's audit log.
 */
export async function measure({ runs, say }: ScaleOptions): Promise<Figures> {
  await using keeper = await createKeeper("headrace-operator-scale-");
  const audit = await auditLogIn(keeper.folder);
  await using plane = await bobrapetPlane(audit.apiServerArgs);
  const { admin } = plane;
  const operator = await startOperator(keeper, plane, { args: ["--leader-elect"] });
  await admin.create(fresh(story(CHAIN)));
  const names = Array.from({ length: runs }, (_, i) => `run-${i}`);
  const idle = (await usageOf(operator.pid)).rss;
  const counted = () => countedRequests(audit.requestsOf(OPERATOR_USER));
  const phase = phasesOf(operator, counted, runs, say);

  const phases = [
    await phase("created, until TransportReady", async () => {
      await inParallel(names, async (name) => {
        await admin.create(fresh(run(name)));
        for (const one of bindingsOf(name)) await admin.create(one);
      });
    }, () => allSay(plane, runs, "TransportReady")),
    await phase("connectors report, until Ready", async () => {
      await inParallel(names.flatMap(bindingsOf), (one) => report(admin, one));
    }, () => allSay(plane, runs, "Ready")),
    await phase("deleted, until gone", async () => {
      await inParallel(names, (name) => admin.remove(fresh(run(name))));
    }, async () => (await admin.list(RUNS)).items.length === 0),
  ];
  const { rss: after, peak } = await usageOf(operator.pid);
  return {
    runs,
    phases,
    memory: { idle, after, peak },
    requestsPerRun: phases.flatMap(({ requestsPerRun }) => Object.values(requestsPerRun))
      .reduce((sum, count) => sum + count, 0),
  };
}

/** As bobrapet makes them: it decides on the way of each step. */
function bindingsOf(name: string): KubeObject[] {
  return [
    fresh(binding("step-a", { run: name, routing: { mode: "p2p", downstream: "step-b" } })),
    fresh(binding("step-b", { run: name, routing: { mode: "hub" } })),
  ];
}

function phasesOf(
  operator: OperatorProcess,
  counted: () => Promise<Map<string, number>>,
  runs: number,
  say: ScaleOptions["say"],
) {
  return async (
    name: string,
    begin: () => Promise<void>,
    isOver: () => Promise<boolean>,
  ): Promise<PhaseFigures> => {
    const [before, usage] = [await counted(), await usageOf(operator.pid)];
    const startedAt = performance.now();
    await begin();
    const begunAt = performance.now();
    await waitFor(name, isOver, { within: 300_000, every: 100 });
    const endedAt = performance.now();
    const seconds = (endedAt - startedAt) / 1000;
    say(`${name}: ${seconds.toFixed(1)} s`);
    const settled = await quiet(counted);
    return {
      name,
      seconds,
      secondsBehind: (endedAt - begunAt) / 1000,
      cpuSeconds: cpuSince(usage, await usageOf(operator.pid)),
      requestsPerRun: Object.fromEntries(
        [...settled].map(([what, count]) => [what, (count - (before.get(what) ?? 0)) / runs])
          .filter(([, count]) => count !== 0),
      ),
    };
  };
}

/** The counts once nothing is added to them any more: Events come after what they tell of. */
async function quiet(counted: () => Promise<Map<string, number>>): Promise<Map<string, number>> {
  let last = await counted();
  return await waitFor("the operator to be quiet", async () => {
    const before = JSON.stringify([...last]);
    last = await counted();
    return JSON.stringify([...last]) === before && last;
  }, { every: 1_000 });
}

function cpuSince(before: ProcessUsage, after: ProcessUsage): number {
  return after.cpu - before.cpu;
}

/** By `verb resource`; not what does not grow with the runs. */
async function countedRequests(
  requests: Promise<readonly AuditedRequest[]>,
): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for (const { verb, resource, code } of await requests) {
    if (resource === "leases" || resource === "configmaps" || verb === "watch") continue;
    const what = `${verb} ${resource}${code === 409 ? " (conflict)" : ""}`;
    counts.set(what, (counts.get(what) ?? 0) + 1);
  }
  return counts;
}

async function allSay({ admin }: ControlPlane, runs: number, type: string): Promise<boolean> {
  const { items } = await admin.list<KubeObject>(RUNS);
  return items.length === runs &&
    items.every((one) =>
      conditionsOf(one).some((condition) => condition.type === type && condition.status === "True")
    );
}

async function inParallel<T>(
  items: readonly T[],
  task: (item: T) => Promise<void>,
): Promise<void> {
  const queue = items.values();
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    for (const item of queue) await task(item);
  }));
}
