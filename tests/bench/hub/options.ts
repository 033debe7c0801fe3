import { names, number, readArguments } from "../arguments.ts";
import { LOADS, QUICK_LOADS, type Section, SECTIONS } from "./loads.ts";

/** What a call of the hub's bench asks for. */
export interface HubOptions {
  readonly help: boolean;
  readonly quick: boolean;
  readonly windowMs: number;
  readonly loads: typeof LOADS;
  readonly peers: readonly string[];
  readonly sections: readonly Section[];
  /** How often everything is measured; the medians are kept. */
  readonly rounds: number;
  /** How long to wait before each measurement for other programs to leave the machine alone. */
  readonly quietMs: number;
  /** Niceness of hubs and load client. */
  readonly nice: number;
  /** Whether results.json and results.md are written. */
  readonly write: boolean;
}

/** The help text of `deno task bench:hub`. */
export function help(peers: readonly string[]): string {
  return `Runs the hub and its peers side by side and compares what they carry and what it costs.

Usage: deno task bench:hub [options]

Hubs:  ${peers.join(", ")}
Parts: ${SECTIONS.join(", ")}

Options:
  --quick       About a minute: one stream of 100 bytes, short windows
  --only a,b    These hubs only
  --parts a,b   These parts only: full speed over mutual TLS, without TLS, latency at a fixed rate
  --seconds N   Length of each measured window, 0.5 to 60 (default 4, quick 1)
  --rounds N    Measure everything N times, 1 to 9, in turn, and keep the medians (default 1)
  --quiet N     Wait up to N seconds (0 to 600, default 0) before each measurement until other
                programs leave the machine alone; a disturbed one is repeated, twice at most
  --nice N      Niceness of hubs and load client, -20 to 19; below 0, where that is allowed, other
                programs wait while the bench measures
  --no-write    Print the tables, leave results.json and results.md as they are
  -h, --help    Show this help

A whole run takes about five minutes and writes tests/bench/hub/results.json and results.md; a
smaller one prints its tables and writes nothing. Everything listens on 127.0.0.1 and ends with the
bench.
`;
}

/**
 * Reads the arguments.
 *
 * @param peers the hubs that there are
 * @throws {BenchError} `usage`
 */
export function parseOptions(args: readonly string[], peers: readonly string[]): HubOptions {
  const { values } = readArguments(args, {
    quick: { type: "boolean" },
    only: { type: "string" },
    parts: { type: "string" },
    seconds: { type: "string" },
    rounds: { type: "string" },
    quiet: { type: "string" },
    nice: { type: "string" },
    "no-write": { type: "boolean" },
    help: { type: "boolean", short: "h" },
  });
  const quick = values.quick ?? false;
  const whole = !quick && values.only === undefined && values.parts === undefined;
  return {
    help: values.help ?? false,
    quick,
    windowMs: 1000 * number(values.seconds ?? (quick ? "1" : "4"), 0.5, 60, "--seconds"),
    loads: quick ? QUICK_LOADS : LOADS,
    peers: names(values.only, peers, "--only"),
    sections: names(values.parts, SECTIONS, "--parts"),
    rounds: Math.floor(number(values.rounds ?? "1", 1, 9, "--rounds")),
    quietMs: 1000 * number(values.quiet ?? "0", 0, 600, "--quiet"),
    nice: Math.floor(number(values.nice ?? "0", -20, 19, "--nice")),
    write: whole && !(values["no-write"] ?? false),
  };
}
