import { ExpressionEngine } from "../hub/expression/engine.ts";
import { createScreen } from "../demo/screen.ts";
import { Rates } from "./count/rates.ts";
import { type RunReport, unaccounted } from "./count/run_report.ts";
import { StoryError } from "./document/story_error.ts";
import { readStoryFile } from "./document/story_file.ts";
import { HELP, parseOptions, type StoryOptions, UsageError } from "./options.ts";
import { type LocalPlan, planLocalRun } from "./plan/run_plan.ts";
import { CACHE_ENV } from "./process/deno_child.ts";
import { drain } from "./run/drain.ts";
import { LocalRun } from "./run/local_run.ts";
import { edgeLine, edgeName, edgeTable } from "./show/progress.ts";

/** How often counters are read and shown, in milliseconds. */
const LOOK_MS = 250;

const encoder = new TextEncoder();
const stdout = (text: string) => void Deno.stdout.writeSync(encoder.encode(text));
const stderr = (text: string) => void Deno.stderr.writeSync(encoder.encode(text));

const options = readOptions();
if (options.help) {
  stdout(HELP);
  Deno.exit(0);
}

const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.addSignalListener(signal, () => {
    // Asked twice: somebody is in a hurry. The children end when this process does.
    if (stop.signal.aborted) Deno.exit(130);
    stop.abort(new Stopped());
  });
}

class Stopped extends Error {}

const plan = await readPlan(options);
// The line of --json has stdout for itself.
const output = options.json ? Deno.stderr : Deno.stdout;
const isTerminal = output.isTerminal();
const screen = createScreen(options.json ? stderr : stdout, isTerminal, () => performance.now());
Deno.exit(await run(plan));

async function run(plan: LocalPlan): Promise<number> {
  for (const warning of plan.warnings) screen.say(`warning: ${warning}`);
  const folder = await Deno.makeTempDir({ prefix: "headrace-story-" });
  let fault: Error | undefined;
  const local = new LocalRun({
    plan,
    folder,
    cache: Object.fromEntries(
      CACHE_ENV.flatMap((name) => {
        const value = Deno.env.get(name);
        return value === undefined ? [] : [[name, value]];
      }),
    ),
    say: screen.say,
    onFault(error) {
      fault ??= error;
      stop.abort(error);
    },
  });
  const rates = new Rates();
  try {
    screen.say(
      `${plan.file.story.metadata.name}: starting a hub and ${
        plan.steps.filter(({ isPrimitive }) => !isPrimitive).length
      } connectors`,
    );
    await local.start(stop.signal);
    for (const edge of plan.edges) screen.say(`  ${edgeName(edge)}: ${edge.mode}, ${edge.why}`);
    const startedAt = performance.now();
    const show = async () => {
      await local.look();
      const edges = local.edges();
      rates.note(
        performance.now(),
        new Map(edges.map((edge) => [edgeName(edge), edge.delivered ?? edge.sent ?? 0])),
      );
      const rateOf = (edge: typeof edges[number]) => rates.of(edgeName(edge));
      const seconds = (performance.now() - startedAt) / 1_000;
      screen.show(isTerminal ? edgeTable(edges, rateOf) : [edgeLine(seconds, edges, rateOf)]);
    };
    const generated = local.generated();
    const ends = Promise.race([
      aborted(stop.signal),
      generated,
      ...(options.duration === undefined ? [] : [pause(options.duration)]),
    ]).then(() => true);
    while (!await Promise.race([ends, pause(LOOK_MS).then(() => false)])) await show();
    if (fault !== undefined) throw fault;
    const seconds = (performance.now() - startedAt) / 1_000;
    await local.stopGenerators();
    const drained = await drain(local, options.drain, show);
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
    screen.end();
    if (options.json) stdout(JSON.stringify(report) + "\n");
    if (report.unaccounted === 0) return 0;
    screen.say(`${report.unaccounted} packets are unaccounted for`);
    return 3;
  } catch (error) {
    screen.end();
    if (error instanceof Stopped) return 0;
    screen.say((error as Error).message);
    return 1;
  } finally {
    await local.stop();
    await Deno.remove(folder, { recursive: true });
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve()));
}

async function readPlan({ file }: StoryOptions): Promise<LocalPlan> {
  try {
    const engine = new ExpressionEngine({ now: Date.now, random: Math.random });
    return planLocalRun(readStoryFile(await Deno.readTextFile(file), file), engine);
  } catch (error) {
    if (error instanceof StoryError) return fail(error.message, 2);
    if (error instanceof Deno.errors.NotFound) return fail(`there is no file ${file}`, 2);
    throw error;
  }
}

function readOptions(): StoryOptions {
  try {
    return parseOptions(Deno.args);
  } catch (error) {
    if (error instanceof UsageError) return fail(error.message, 2);
    throw error;
  }
}

function fail(message: string, code: number): never {
  stderr(message + "\n");
  Deno.exit(code);
}
