import { soak } from "./soak.ts";

const HELP = `Loads a router for a long time and looks for what only time shows.

Usage: deno task soak [--minutes N]

  --minutes N  how long (default 30)

Exits with 1 when memory grew, a reader ended with a wrong state, or the router failed at anything.
`;

const encoder = new TextEncoder();
const say = (line: string) => void Deno.stdout.writeSync(encoder.encode(line + "\n"));

if (Deno.args.includes("--help")) {
  say(HELP);
  Deno.exit(0);
}
const [name, value = "", ...rest] = Deno.args.flatMap((argument) => argument.split("="));
const minutes = name === undefined ? 30 : Number(value);
if ((name !== undefined && name !== "--minutes") || rest.length > 0 || !(minutes >= 1)) {
  say("usage: deno task soak [--minutes N], N at least 1");
  Deno.exit(2);
}
const stop = new AbortController();
Deno.addSignalListener("SIGINT", () => stop.abort());
const { problems, heap: [start, end] } = await soak({ minutes, say, signal: stop.signal });
say(
  `heap after collection: ${start} bytes at the start, ${end} at the end (${
    (end / start).toFixed(3)
  })`,
);
for (const problem of problems.slice(0, 20)) say(`PROBLEM: ${problem}`);
say(problems.length === 0 ? "no problem" : `${problems.length} problems`);
Deno.exit(problems.length === 0 ? 0 : 1);
