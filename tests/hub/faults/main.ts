import { parseArgs } from "node:util";
import { killRounds, type Semantics } from "./kill_rounds.ts";

const HELP = `Kills hub, connectors and engrams at random moments, and counts.

Usage: deno task faults:hub [--rounds N] [--semantics S] [--seed N]

  --rounds N     kills (default 100)
  --semantics S  best_effort, at_least_once (default: half of the rounds each)
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
const all: readonly Semantics[] = ["best_effort", "at_least_once"];
const chosen = all.filter((semantics) => (values.semantics ?? semantics) === semantics);
if (!(rounds >= 1) || !Number.isInteger(seed) || chosen.length === 0) {
  say("--rounds and --seed are whole numbers, --semantics is best_effort or at_least_once");
  Deno.exit(2);
}
say(`seed ${seed}`);
let problems = 0;
for (const semantics of chosen) {
  const share = Math.ceil(rounds / chosen.length);
  const result = await killRounds({ rounds: share, semantics, seed, say });
  for (const problem of result.problems) say(`PROBLEM: ${problem}`);
  problems += result.problems.length;
  const { sent, got, repeated, dropped, kills } = result;
  say(JSON.stringify({ semantics, rounds: share, sent, got, repeated, dropped, kills }));
}
Deno.exit(problems === 0 ? 0 : 1);
