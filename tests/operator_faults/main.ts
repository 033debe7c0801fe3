import { runRounds } from "./rounds.ts";

const USAGE = "usage: deno task faults:operator [--rounds N] [--seed N]\n";
const HELP =
  `Lets everything go wrong around two operators of a real API server, while StoryRuns come and go.

Usage: deno task faults:operator [--rounds N] [--seed N]

  --rounds N  how many faults, one after the other (default 100; about 5 s each)
  --seed N    decides which faults and runs (default: by the clock; it is printed)

Exits with 1 as soon as a run does not end as one that nothing has happened to, a deleted one stays,
a pod comes without its connector, or an operator has written without the Lease.
`;

const encoder = new TextEncoder();
const say = (line: string) => void Deno.stdout.writeSync(encoder.encode(`${line}\n`));

if (Deno.args.includes("--help")) {
  say(HELP);
  Deno.exit(0);
}
const options = { "--rounds": 100, "--seed": Date.now() % 1_000_000 };
const words = Deno.args.flatMap((argument) => argument.split("="));
for (let i = 0; i < words.length; i += 2) {
  const [name = "", value = Number(words[i + 1])] = [words[i]];
  if (!Object.hasOwn(options, name) || !Number.isSafeInteger(value) || value < 1) {
    say(USAGE);
    Deno.exit(2);
  }
  options[name as keyof typeof options] = value;
}
const { "--rounds": rounds, "--seed": seed } = options;
say(`seed ${seed}`);
try {
  await runRounds({ rounds, seed, say });
} catch (error) {
  say(`FAILED: ${error instanceof Error ? error.message : error}`);
  Deno.exit(1);
}
say("no fault has left a trace");
