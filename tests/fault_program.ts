const encoder = new TextEncoder();
const say = (line: string) => void Deno.stdout.writeSync(encoder.encode(`${line}\n`));

/** How often something goes wrong. */
export interface RoundsOptions {
  readonly rounds: number;
  /** The same seed gives the same faults and changes; not the same instants. */
  readonly seed: number;
  readonly say: (line: string) => void;
}

/** Runs rounds of faults as the process's arguments ask for, and ends the process when one fails. */
export async function runFaultProgram(
  task: string,
  help: string,
  runRounds: (options: RoundsOptions) => Promise<void>,
): Promise<void> {
  if (Deno.args.includes("--help")) {
    say(help);
    Deno.exit(0);
  }
  const options = { "--rounds": 100, "--seed": Date.now() % 1_000_000 };
  const words = Deno.args.flatMap((argument) => argument.split("="));
  for (let i = 0; i < words.length; i += 2) {
    const [name = "", value = Number(words[i + 1])] = [words[i]];
    if (!Object.hasOwn(options, name) || !Number.isSafeInteger(value) || value < 1) {
      say(`usage: deno task ${task} [--rounds N] [--seed N]\n`);
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
}
