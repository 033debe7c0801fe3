import { runAsProgram, write } from "../../program.ts";
import { createReporter, type Reporter } from "../../tools/reporter.ts";
import { BenchError } from "../errors.ts";
import { loadClient } from "../load_client.ts";
import { canPin, describeMachine } from "../machine.ts";
import { CLIENT_CORE, SERVER_CORE } from "../pinning.ts";
import { prepare } from "../prepare.ts";
import { withServer } from "../server_process.ts";
import { openWorkshop } from "../workshop.ts";
import { hubLoadClient } from "./load_client.ts";
import { markdown } from "./markdown.ts";
import { help, type HubOptions, parseOptions } from "./options.ts";
import type { HubPeer } from "./peer.ts";
import { bare } from "./peers/bare.ts";
import { go } from "./peers/go.ts";
import { headrace } from "./peers/headrace.ts";
import type { HubResults } from "./results.ts";
import { type HubBench, runHubBench } from "./run.ts";
import { writeSetting } from "./setting.ts";

const PEERS: readonly HubPeer[] = [headrace, go, bare];
const NAMES = PEERS.map(({ name }) => name);

const HERE = new URL("./", import.meta.url).pathname;
const CACHE = new URL("../../../.cache/bench", import.meta.url).pathname;

async function main(args: readonly string[], signal: AbortSignal): Promise<void> {
  const options = parseOptions(args, NAMES);
  if (options.help) return write(Deno.stdout, help(NAMES));
  const reporter = createReporter({
    write: (text) => write(Deno.stderr, text),
    terminal: Deno.stderr.isTerminal(),
    columns: () => Deno.consoleSize().columns,
    now: () => performance.now(),
  });
  const results = await measure(options, reporter, signal);
  const text = markdown(results);
  write(Deno.stdout, `\n${text}`);
  if (!options.write) return;
  await Deno.writeTextFile(`${HERE}results.json`, JSON.stringify(results, null, 2) + "\n");
  await Deno.writeTextFile(`${HERE}results.md`, text);
}

async function measure(
  options: HubOptions,
  reporter: Reporter,
  signal: AbortSignal,
): Promise<HubResults> {
  await Deno.mkdir(CACHE, { recursive: true });
  const workshop = openWorkshop(CACHE, reporter.status);
  const pinned = await canPin(workshop);
  const { windowMs, quick, nice, quietMs } = options;
  const binary = await workshop.buildGo("hub/load");
  const { prepared, missing } = await prepare(
    PEERS.filter(({ name }) => options.peers.includes(name)),
    workshop,
    reporter,
  );
  const { certificates, stories } = await writeSetting(`${CACHE}/hub`);
  const client = { core: pinned ? CLIENT_CORE : undefined, nice };
  const watcher = quietMs === 0
    ? undefined
    : loadClient(await workshop.buildGo("load"), client, signal);
  const bench: HubBench = {
    load: hubLoadClient(binary, client, signal),
    certificates,
    quiet: watcher && (() => watcher({ mode: "quiet", drainMs: quietMs })),
    times: { warmUpMs: quick ? 1000 : 2000, windowMs, drainMs: 10_000 },
    start(peer, tls, use) {
      const hub = prepared.get(peer);
      if (hub === undefined) throw new BenchError("usage", `${peer} is not part of this run`);
      const setting = { certificates: tls ? certificates : undefined, stories };
      const placement = { core: pinned ? SERVER_CORE : undefined, nice };
      return withServer(
        { command: (place) => Promise.resolve(hub.command(place, setting)) },
        { folder: `${CACHE}/run`, placement, signal },
        use,
      );
    },
  };
  const started = performance.now();
  const peers = PEERS.filter(({ name }) => prepared.has(name));
  const measured = await runHubBench(bench, options, peers, (text) => {
    const seconds = String(Math.round((performance.now() - started) / 1000)).padStart(4);
    reporter.line(`${seconds} s  ${text}`);
  });
  return {
    at: Date.now(),
    machine: await describeMachine(workshop),
    pinned,
    windowSeconds: windowMs / 1000,
    labels: Object.fromEntries(
      peers.map(({ name, label }) => [name, `${label} ${prepared.get(name)?.version}`]),
    ),
    ...measured,
    skipped: [...missing, ...measured.skipped],
  };
}

if (import.meta.main) {
  Deno.exit(await runAsProgram(main, (error) => error instanceof BenchError));
}
