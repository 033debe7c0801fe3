import { names, number, readArguments } from "./arguments.ts";
import { type Load, LOADS, parseLoads, QUICK_LOADS } from "./loads.ts";

/** The parts of the bench, in the order in which they run. */
export const SECTIONS = ["fanout", "idle", "connections", "ingest", "storm", "snapshot"] as const;
export type Section = typeof SECTIONS[number];

/** What a call of the bench asks for. */
export interface Options {
  readonly help: boolean;
  readonly quick: boolean;
  readonly windowMs: number;
  readonly loads: readonly Load[];
  readonly peers: readonly string[];
  readonly sections: readonly Section[];
  /** How often everything is measured; the medians are kept. */
  readonly rounds: number;
  /** How long to wait before each measurement for other programs to leave the machine alone. */
  readonly quietMs: number;
  /** Niceness of servers and load client. */
  readonly nice: number;
  /** Whether results.json and results.md are written. */
  readonly write: boolean;
}

/** The help text of `deno task bench`. */
export function help(peers: readonly string[]): string {
  return `Runs the router and its peers side by side and compares what they deliver and what it costs.
The hub has a bench of its own: deno task bench:hub.

Usage: deno task bench [options]

Servers: ${peers.join(", ")}
Parts:   ${SECTIONS.join(", ")}

Options:
  --quick           About a minute: two loads, short windows, fewer clients
  --only a,b        These servers only
  --parts a,b       These parts only
  --loads AxB,...   Subscribers x messages a second, such as 1000x300
  --seconds N       Length of each measured window, 0.5 to 60 (default 4, quick 1)
  --rounds N        Measure everything N times, 1 to 9, in turn, and keep the medians (default 1)
  --quiet N         Wait up to N seconds (0 to 600, default 0) before each measurement until other
                    programs leave the machine alone; a disturbed one is repeated, twice at most
  --nice N          Niceness of servers and load client, -20 to 19; below 0, where that is allowed,
                    other programs wait while the bench measures
  --no-write        Print the tables, leave results.json and results.md as they are
  -h, --help        Show this help

A whole run of all servers and parts writes tests/bench/results.json and results.md; a smaller one
prints its tables and writes nothing. Everything listens on 127.0.0.1 and ends with the bench.
`;
}

/**
 * Reads the arguments.
 *
 * @param peers the servers that there are
 * @throws {BenchError} `usage`
 */
export function parseOptions(args: readonly string[], peers: readonly string[]): Options {
  const { values } = parse(args);
  const quick = values.quick ?? false;
  const whole = !quick && values.only === undefined && values.parts === undefined &&
    values.loads === undefined;
  return {
    help: values.help ?? false,
    quick,
    windowMs: 1000 * number(values.seconds ?? (quick ? "1" : "4"), 0.5, 60, "--seconds"),
    loads: values.loads === undefined ? (quick ? QUICK_LOADS : LOADS) : parseLoads(values.loads),
    peers: names(values.only, peers, "--only"),
    sections: names(values.parts, SECTIONS, "--parts"),
    rounds: Math.floor(number(values.rounds ?? "1", 1, 9, "--rounds")),
    quietMs: 1000 * number(values.quiet ?? "0", 0, 600, "--quiet"),
    nice: Math.floor(number(values.nice ?? "0", -20, 19, "--nice")),
    write: whole && !(values["no-write"] ?? false),
  };
}

function parse(args: readonly string[]) {
  return readArguments(args, {
    quick: { type: "boolean" },
    only: { type: "string" },
    parts: { type: "string" },
    loads: { type: "string" },
    seconds: { type: "string" },
    rounds: { type: "string" },
    quiet: { type: "string" },
    nice: { type: "string" },
    "no-write": { type: "boolean" },
    help: { type: "boolean", short: "h" },
  });
}
