import { runAdapter } from "../adapter/run.ts";
import { parseConfig } from "../adapter/config.ts";
import { subscribe } from "../client/subscribe.ts";
import type { Logger } from "../contracts/logger.ts";
import { readServerConfig } from "../server/config.ts";
import { type RunningServer, serve } from "../server/serve.ts";
import { UI_ASSETS } from "../server/ui/assets.ts";
import { startClusterAdapter } from "./cluster_adapter.ts";
import { type DemoOptions, HELP, parseOptions, UsageError } from "./options.ts";
import { type PlayedRegion, playRegion } from "./playback/region.ts";
import { progressLines } from "./progress.ts";
import { createScreen } from "./screen.ts";

const REGIONS = ["fsn1", "hel1"];
const FLOW_ID = "rollout";
/** How often the terminal is brought up to date. */
const REFRESH_MS = 250;

const encoder = new TextEncoder();
const print = (text: string) => void Deno.stdout.writeSync(encoder.encode(text));

const options = readOptions();
if (options.help) {
  print(HELP);
  Deno.exit(0);
}

const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.addSignalListener(signal, () => {
    // Asked twice: somebody is in a hurry.
    if (stop.signal.aborted) Deno.exit(130);
    stop.abort();
  });
}

const screen = createScreen(print, Deno.stdout.isTerminal(), () => performance.now());
// What the parts log is for operators; a person at a terminal needs what went wrong, and no more.
const logger: Logger = (level, message, attributes) => {
  if (level !== "INFO") screen.say(`${message} ${JSON.stringify(attributes ?? {})}`);
};
const server = await startRouter(options.port);
const url = `http://127.0.0.1:${server.address.port}`;
const page = `${url}/?flow=${FLOW_ID}`;

if (options.kubeconfig === undefined) await showRecordings(options);
else await showCluster({ ...options, kubeconfig: options.kubeconfig });
await server.stop();
screen.end();
Deno.exit(0);

/** The recorded clusters, each behind an API server of its own, watched by the real adapter. */
async function showRecordings({ speed }: DemoOptions): Promise<void> {
  const regions: PlayedRegion[] = [];
  const adapters: Promise<void>[] = [];
  for (const region of REGIONS) {
    const file = new URL(`./recordings/${region}.jsonl`, import.meta.url);
    const played = await playRegion(await Deno.readTextFile(file), speed, stop.signal);
    regions.push(played);
    const { healthListenAddr: _, ...config } = parseConfig((name) =>
      ({ FLOW_SERVER_URL: url, FLOW_ID, REGION_KEY: region } as Record<string, string>)[name]
    );
    adapters.push(
      runAdapter(config, { client: played.client, log: logger, signal: stop.signal }),
    );
  }
  screen.say(
    `Two recorded clusters are rolling out, ${speed} times as fast as they did:\n  ${page}`,
  );
  const end = followProgress();
  await Promise.race([Promise.all(regions.map(({ played }) => played)), aborted()]);
  if (!stop.signal.aborted) {
    screen.say("The recordings have ended; the page stays until you press Ctrl-C.");
  }
  await aborted();
  await Promise.all(adapters);
  await end();
  await Promise.all(regions.map((region) => region.close()));
}

/** A real cluster, watched by the adapter as a process of its own, with an adapter's permissions. */
async function showCluster(options: DemoOptions & { kubeconfig: string }): Promise<void> {
  const adapter = await startClusterAdapter(options, { url, flowId: FLOW_ID }, logger);
  screen.say(`The cluster of ${options.kubeconfig} is at\n  ${page}`);
  const end = followProgress();
  const ended = adapter.ended.then((code) => {
    if (stop.signal.aborted) return;
    screen.say(`the adapter ended with code ${code}`);
    stop.abort();
  });
  await aborted();
  adapter.stop();
  await ended;
  await end();
}

/** Shows the flow's progress in the terminal, read from the router as any client would. */
function followProgress(): () => Promise<void> {
  const subscription = subscribe({ url, flowId: FLOW_ID, onError: () => {} });
  const timer = setInterval(() => screen.show(progressLines(subscription.state)), REFRESH_MS);
  return async () => {
    clearInterval(timer);
    subscription.close();
    await subscription.closed;
  };
}

function aborted(): Promise<void> {
  if (stop.signal.aborted) return Promise.resolve();
  return new Promise((resolve) => stop.signal.addEventListener("abort", () => resolve()));
}

async function startRouter(port: number): Promise<RunningServer> {
  const defaults = readServerConfig(() => undefined);
  try {
    return await serve({ ...defaults, listen: { hostname: "127.0.0.1", port } }, logger, UI_ASSETS);
  } catch (error) {
    const taken = (error as { code?: string }).code === "EADDRINUSE";
    const reason = taken ? "something else listens there" : String(error);
    return fail(`cannot listen on 127.0.0.1:${port}: ${reason}; choose another with --port`, 1);
  }
}

function readOptions(): DemoOptions {
  try {
    return parseOptions(Deno.args, Deno.env.get("KUBECONFIG"));
  } catch (error) {
    if (error instanceof UsageError) fail(error.message, 2);
    throw error;
  }
}

function fail(message: string, code: number): never {
  Deno.stderr.writeSync(encoder.encode(message + "\n"));
  Deno.exit(code);
}
