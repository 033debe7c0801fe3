import { runRounds } from "./rounds.ts";

const USAGE = "usage: deno task faults [--rounds N] [--seed N]\n";
const HELP =
  `Lets everything go wrong around two adapters that show one real cluster on a real router.

Usage: deno task faults [--rounds N] [--seed N]

  --rounds N  how many faults, one after the other (default 100; about 6 s each)
  --seed N    decides which faults and changes (default: by the clock; it is printed)

Exits with 1 as soon as the router does not show the cluster as it is within 30 s after a fault, or
a node was taken back to an older state.
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
