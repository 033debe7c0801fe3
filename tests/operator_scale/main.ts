import { measure } from "./scale.ts";
import { table } from "./table.ts";

const HELP =
  `Measures an operator that gets many StoryRuns at once from a real API server: time, memory, requests.

Usage: deno task bench:operator [--runs N]

  --runs N    StoryRuns that are made at once, of two steps each (default 1000)

Prints a table and writes tests/operator_scale/results.json. Exits with 1 when a run takes more than
12 requests of the API server from its creation to its end.
`;
const MOST_REQUESTS = 12;
const RESULTS = new URL("./results.json", import.meta.url);

const encoder = new TextEncoder();
const print = (text: string) => void Deno.stdout.writeSync(encoder.encode(text));

if (Deno.args.includes("--help")) {
  print(HELP);
  Deno.exit(0);
}
const [name, value, ...rest] = Deno.args.flatMap((argument) => argument.split("="));
const runs = name === undefined ? 1000 : Number(value);
if ((name ?? "--runs") !== "--runs" || rest.length > 0 || !Number.isSafeInteger(runs) || runs < 1) {
  print("usage: deno task bench:operator [--runs N]\n");
  Deno.exit(2);
}
const figures = await measure({
  runs,
  say: (line) => void Deno.stderr.writeSync(encoder.encode(`${line}\n`)),
});
print(table(figures));
await Deno.writeTextFile(RESULTS, JSON.stringify(figures, undefined, 2) + "\n");
Deno.exit(figures.requestsPerRun > MOST_REQUESTS ? 1 : 0);
