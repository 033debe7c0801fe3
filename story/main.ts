import type { Logger } from "../contracts/logger.ts";
import { createScreen } from "../demo/screen.ts";
import { ExpressionEngine } from "../hub/expression/engine.ts";
import type { RunReport } from "./count/run_report.ts";
import { StoryError } from "./document/story_error.ts";
import { readStoryFile } from "./document/story_file.ts";
import { HELP, parseOptions, type StoryOptions, UsageError } from "./options.ts";
import { type LocalPlan, planLocalRun } from "./plan/run_plan.ts";
import { notAllowed } from "./process/consent.ts";
import { CACHE_ENV } from "./process/deno_child.ts";
import { LocalRun } from "./run/local_run.ts";
import { Session } from "./run/session.ts";
import { MapReporter } from "./show/map_reporter.ts";
import { startRouter } from "./show/own_router.ts";
import { mapFlowId } from "./show/run_map.ts";

const encoder = new TextEncoder();
const stdout = (text: string) => void Deno.stdout.writeSync(encoder.encode(text));
const stderr = (text: string) => void Deno.stderr.writeSync(encoder.encode(text));

const DEFAULT_COLUMNS = 120;

/** Somebody pressed Ctrl-C. */
class Stopped extends Error {}

const options = readOptions();
if (options.help) {
  stdout(HELP);
  Deno.exit(0);
}
const plan = await readPlan(options);
const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.addSignalListener(signal, () => {
    // Asked twice: somebody is in a hurry. The children end when this process does.
    if (stop.signal.aborted) Deno.exit(130);
    stop.abort(new Stopped());
  });
}
// The line of --json has stdout for itself.
const isTerminal = (options.json ? Deno.stderr : Deno.stdout).isTerminal();
const screen = createScreen(options.json ? stderr : stdout, isTerminal, () => performance.now());
// What the router logs is for operators; a person at a terminal needs what went wrong, and no more.
const logger: Logger = (level, message, attributes) => {
  if (level !== "INFO") screen.say(`${message} ${JSON.stringify(attributes ?? {})}`);
};

Deno.exit(await main());

async function main(): Promise<number> {
  await using ends = new AsyncDisposableStack();
  try {
    const map = await showOnMap(ends);
    const folder = await Deno.makeTempDir({ prefix: "headrace-story-" });
    ends.defer(() => Deno.remove(folder, { recursive: true }));
    if (options.verbose) screen.say(`its files are in ${folder}`);
    let fault: Error | undefined;
    const local = new LocalRun({
      plan,
      folder,
      cache: cacheEnvironment(),
      verbose: options.verbose,
      say: screen.say,
      onFault(error) {
        fault ??= error;
        stop.abort(error);
      },
    });
    ends.defer(() => local.stop());
    for (const warning of plan.warnings) screen.say(`warning: ${warning}`);
    const { duration, drain } = options;
    const session = new Session({
      plan,
      local,
      screen,
      columns: () => isTerminal ? columnsOfTerminal() : undefined,
      map,
      drain,
      ...(duration === undefined ? {} : { duration }),
    });
    const report = await session.run(stop.signal);
    screen.end();
    if (fault !== undefined) throw fault;
    return tell(report);
  } catch (error) {
    screen.end();
    // Before there was anything to tell of.
    if (error instanceof Stopped) return 0;
    screen.say((error as Error).message);
    return 1;
  }
}

function tell(report: RunReport): number {
  if (options.json) stdout(JSON.stringify(report) + "\n");
  if (report.unaccounted === 0) return 0;
  const died = Object.keys(report.restarts);
  screen.say(
    died.length > 0
      ? `${report.unaccounted} packets are unaccounted for: what died may have taken them along (${
        died.join(", ")
      })`
      : report.drained
      ? `${report.unaccounted} packets are unaccounted for`
      : `${report.unaccounted} packets were still on their way when the time to drain was over: ` +
        "see --drain",
  );
  return 3;
}

/** The map that the run is shown on, if it is to be. */
async function showOnMap(ends: AsyncDisposableStack): Promise<MapReporter | undefined> {
  const name = plan.file.story.metadata.name;
  const { map } = options;
  if (map.kind === "none") {
    screen.say(`${name} starts`);
    return undefined;
  }
  const flowId = mapFlowId(plan);
  let url = map.kind === "server" ? map.url : "";
  const tokenFile = Deno.env.get("FLOW_TOKEN_FILE");
  if (map.kind === "server") await mayReach(new URL(map.url).host);
  else {
    const router = await startRouter(map.port, logger);
    ends.defer(() => router.stop());
    url = `http://127.0.0.1:${router.address.port}`;
  }
  const page = new URL(url);
  page.searchParams.set("flow", flowId);
  screen.say(`${name} starts; see it at\n  ${page}`);
  const reporter = new MapReporter({
    url,
    flowId,
    say: screen.say,
    ...map.kind === "server" && tokenFile !== undefined &&
      // Read for each request, as it may be a token that is renewed in place.
      { token: async () => (await Deno.readTextFile(tokenFile)).trim() },
  });
  ends.defer(() => reporter.end());
  return reporter;
}

function columnsOfTerminal(): number {
  try {
    return Deno.consoleSize().columns || DEFAULT_COLUMNS;
  } catch {
    // What has no size, such as a recording of a terminal, takes what most have.
    return DEFAULT_COLUMNS;
  }
}

/** The task may reach this machine alone; another one takes its user's word. */
async function mayReach(host: string): Promise<void> {
  const { state } = await Deno.permissions.request({ name: "net", host });
  if (state === "granted") return;
  throw new Error(
    `nobody has allowed to reach ${host}: run \`deno run --allow-net=127.0.0.1,localhost,${host} …\` ` +
      "with the other flags of the task, or say yes at a terminal",
  );
}

function cacheEnvironment(): Record<string, string> {
  return Object.fromEntries(CACHE_ENV.flatMap((name) => {
    const value = Deno.env.get(name);
    return value === undefined ? [] : [[name, value]];
  }));
}

async function readPlan({ file, allowed }: StoryOptions): Promise<LocalPlan> {
  try {
    const engine = new ExpressionEngine({ now: Date.now, random: Math.random });
    const plan = planLocalRun(readStoryFile(await Deno.readTextFile(file), file), engine);
    const programs = plan.steps.flatMap(({ engram }) =>
      engram?.kind === "command" ? [engram.command[0]] : []
    );
    const denied = await notAllowed(programs, allowed, Deno.permissions);
    if (denied.length === 0) return plan;
    return fail(
      `the story runs ${denied.join(", ")}, which nobody has allowed: add ${
        denied.map((program) => `--allow ${program}`).join(" ")
      }`,
      2,
    );
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
