import { parseArgs } from "node:util";
import { mebibytes, POLICIES, soakHub } from "./soak_hub.ts";

const HELP = `Holds consumers that do not read against producers at full speed, in a hub process.

Usage: deno task soak:hub [--minutes N] [--policy P]... [--busy PERCENT]

  --minutes N     how long (default 30)
  --policy P      one of ${POLICIES.join(", ")} (default: all)
  --busy PERCENT  how much of the time producers send (default 100)

Exits with 1 when a buffer passed its limits, memory grew, a packet is not accounted for, a healthy
stream was harmed, or the streams did not become whole again.
`;

const encoder = new TextEncoder();
const say = (line: string) => void Deno.stdout.writeSync(encoder.encode(line + "\n"));

function read() {
  const { values } = parseArgs({
    args: Deno.args,
    options: {
      minutes: { type: "string", default: "30" },
      policy: { type: "string", multiple: true },
      busy: { type: "string", default: "100" },
      help: { type: "boolean", default: false },
    },
  });
  const minutes = Number(values.minutes);
  const busy = Number(values.busy);
  const policies = POLICIES.filter((policy) => values.policy?.includes(policy) ?? true);
  const unknown = values.policy?.find((name) => !POLICIES.some((policy) => policy === name));
  if (unknown !== undefined) throw new TypeError(`no policy ${unknown}`);
  if (!(minutes > 0)) throw new TypeError("--minutes must be above 0");
  if (!(busy >= 1 && busy <= 100)) throw new TypeError("--busy must be 1 to 100");
  return { minutes, busy, policies, help: values.help };
}

let settings: ReturnType<typeof read>;
try {
  settings = read();
} catch (error) {
  say(`${(error as Error).message}; --help says more`);
  Deno.exit(2);
}
if (settings.help) {
  say(HELP);
  Deno.exit(0);
}
const stop = new AbortController();
Deno.addSignalListener("SIGINT", () => stop.abort());
const { problems, heap: [start, end], peakResident, packets } = await soakHub({
  ...settings,
  say,
  signal: stop.signal,
});
say(
  `${packets} packets; heap after collection ${mebibytes(start)}, then ${mebibytes(end)}; ` +
    `${mebibytes(peakResident)} resident at most`,
);
for (const problem of problems) say(`PROBLEM: ${problem}`);
say(problems.length === 0 ? "no problem" : `${problems.length} problems`);
Deno.exit(problems.length === 0 ? 0 : 1);
