import { parseArgs } from "node:util";
import type { RoutingMode } from "../../../contracts/transport/topology.ts";
import { killRounds, type Semantics } from "./kill_rounds.ts";

const HELP = `Kills hub, connectors and engrams at random moments, and counts.

Usage: deno task faults:hub [--rounds N] [--semantics S] [--routing R] [--seed N]

  --rounds N     kills (default 100)
  --semantics S  best_effort, at_least_once
  --routing R    hub, p2p: packets go over the hub, or from connector to connector
                 (default: equal shares of both, on either way)
  --seed N       repeats the victims and moments of another time

Exits with 1 when a packet is neither delivered nor counted as dropped; at least once when one is
lost or first comes out of order.
`;

const encoder = new TextEncoder();
const say = (line: string) => void Deno.stdout.writeSync(encoder.encode(line + "\n"));

const { values } = parseArgs({
  args: Deno.args,
  options: {
    rounds: { type: "string", default: "100" },
    semantics: { type: "string" },
    routing: { type: "string" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    help: { type: "boolean", default: false },
  },
});
if (values.help) {
  say(HELP);
  Deno.exit(0);
}
const rounds = Number(values.rounds);
const seed = Number(values.seed);
const all: readonly (readonly [Semantics, RoutingMode])[] = [
  ["best_effort", "hub"],
  ["best_effort", "p2p"],
  ["at_least_once", "hub"],
  ["at_least_once", "p2p"],
];
const chosen = all.filter(([semantics, routing]) =>
  (values.semantics ?? semantics) === semantics && (values.routing ?? routing) === routing
);
if (!(rounds >= 1) || !Number.isInteger(seed) || chosen.length === 0) {
  say("--rounds and --seed are whole numbers; --help lists the semantics and routings");
  Deno.exit(2);
}
say(`seed ${seed}`);
let problems = 0;
for (const [semantics, routing] of chosen) {
  const share = Math.ceil(rounds / chosen.length);
  const result = await killRounds({ rounds: share, semantics, routing, seed, say });
  for (const problem of result.problems) say(`PROBLEM: ${problem}`);
  problems += result.problems.length;
  const { sent, got, repeated, dropped, kills } = result;
  say(JSON.stringify({ semantics, routing, rounds: share, sent, got, repeated, dropped, kills }));
}
Deno.exit(problems === 0 ? 0 : 1);
