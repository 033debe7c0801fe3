import { runAsProgram, write } from "../program.ts";
import { createReporter, type Reporter } from "../tools/reporter.ts";
import type { Bench } from "./bench.ts";
import { BenchError } from "./errors.ts";
import { loadClient } from "./load_client.ts";
import { canPin, describeMachine } from "./machine.ts";
import { markdown } from "./markdown.ts";
import { help, type Options, parseOptions } from "./options.ts";
import type { Peer } from "./peer.ts";
import { centrifugo } from "./peers/centrifugo.ts";
import { echo } from "./peers/echo.ts";
import { go } from "./peers/go.ts";
import { headrace } from "./peers/headrace.ts";
import { mercure } from "./peers/mercure.ts";
import { nchan } from "./peers/nchan.ts";
import { node } from "./peers/node.ts";
import { CLIENT_CORE, SERVER_CORE } from "./pinning.ts";
import type { Results } from "./results.ts";
import { runBench } from "./run.ts";
import { prepare } from "./prepare.ts";
import { withServer } from "./server_process.ts";
import { openWorkshop } from "./workshop.ts";

const PEERS: readonly Peer[] = [headrace, nchan, mercure, centrifugo, go, node, echo];
const NAMES = PEERS.map(({ name }) => name);

const HERE = new URL("./", import.meta.url).pathname;
const CACHE = new URL("../../.cache/bench", import.meta.url).pathname;

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
  options: Options,
  reporter: Reporter,
  signal: AbortSignal,
): Promise<Results> {
  await Deno.mkdir(CACHE, { recursive: true });
  const workshop = openWorkshop(CACHE, reporter.status);
  const pinned = await canPin(workshop);
  const binary = await workshop.buildGo("load");
  const { prepared, missing } = await prepare(
    PEERS.filter(({ name }) => options.peers.includes(name)),
    workshop,
    reporter,
  );
  const { windowMs, quick, nice } = options;
  const bench: Bench = {
    load: loadClient(binary, { core: pinned ? CLIENT_CORE : undefined, nice }, signal),
    prelude: quick ? 5_000 : 20_000,
    times: {
      settleMs: quick ? 300 : 1000,
      warmUpMs: quick ? 1000 : 3000,
      windowMs,
      drainMs: quick ? 1000 : 3000,
    },
    start(peer, use) {
      const one = prepared.get(peer);
      if (one === undefined) throw new BenchError("usage", `${peer} is not part of this run`);
      const placement = { core: pinned ? SERVER_CORE : undefined, nice };
      return withServer(
        one,
        { folder: `${CACHE}/run`, placement, signal },
        (server) => use(server, one),
      );
    },
  };
  const started = performance.now();
  const measured = await runBench(bench, options, [...prepared.keys()], (text) => {
    const seconds = String(Math.round((performance.now() - started) / 1000)).padStart(4);
    reporter.line(`${seconds} s  ${text}`);
  });
  return {
    at: Date.now(),
    machine: await describeMachine(workshop),
    pinned,
    windowSeconds: windowMs / 1000,
    labels: Object.fromEntries(
      PEERS.map((
        { name, label },
      ) => [name, `${label} ${prepared.get(name)?.version ?? ""}`.trim()]),
    ),
    ...measured,
    skipped: [...missing, ...measured.skipped],
  };
}

if (import.meta.main) {
  Deno.exit(await runAsProgram(main, (error) => error instanceof BenchError));
}
