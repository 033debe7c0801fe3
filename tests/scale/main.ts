import { type Figure, measure } from "./scale.ts";

const HELP =
  `Measures an adapter that shows a cluster of many releases: a real API server, a real router.

Usage: deno task bench:adapter [--releases N] [--idle SECONDS]

  --releases N      HelmReleases in the cluster (default 5000)
  --idle SECONDS    how long it is watched while nothing happens (default 60)

Prints a table. Exits with 1 when a figure is over its limit.
`;

const encoder = new TextEncoder();
const print = (text: string) => void Deno.stdout.writeSync(encoder.encode(text));

if (Deno.args.includes("--help")) {
  print(HELP);
  Deno.exit(0);
}
const options = { "--releases": 5000, "--idle": 60 };
const words = Deno.args.flatMap((argument) => argument.split("="));
for (let i = 0; i < words.length; i += 2) {
  const [name = "", value = Number(words[i + 1])] = [words[i]];
  if (!Object.hasOwn(options, name) || !(value >= 1)) {
    print("usage: deno task bench:adapter [--releases N] [--idle SECONDS]\n");
    Deno.exit(2);
  }
  options[name as keyof typeof options] = Math.round(value);
}
const figures = await measure({
  releases: options["--releases"],
  idleSeconds: options["--idle"],
  writes: { perSecond: 50, seconds: 20 },
  say: (line) => void Deno.stderr.writeSync(encoder.encode(`${line}\n`)),
});
print(table(figures));
const isOver = figures.some(({ value, atMost }) => atMost !== undefined && value > atMost);
Deno.exit(isOver ? 1 : 0);

function table(figures: readonly Figure[]): string {
  const rows = figures.map(({ name, value, unit, atMost }) =>
    `| ${name} | ${value.toFixed(1)} ${unit} | ${atMost === undefined ? "" : `${atMost} ${unit}`} |`
  );
  return ["", "| figure | measured | at most |", "| --- | --- | --- |", ...rows, ""].join("\n");
}
