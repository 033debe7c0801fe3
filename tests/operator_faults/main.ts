import { runFaultProgram } from "../fault_program.ts";
import { runRounds } from "./rounds.ts";

const HELP =
  `Lets everything go wrong around two operators of a real API server, while StoryRuns come and go.

Usage: deno task faults:operator [--rounds N] [--seed N]

  --rounds N  how many faults, one after the other (default 100; about 5 s each)
  --seed N    decides which faults and runs (default: by the clock; it is printed)

Exits with 1 as soon as a run does not end as one that nothing has happened to, a deleted one stays,
a pod comes without its connector, or an operator has written without the Lease.
`;

await runFaultProgram("faults:operator", HELP, runRounds);
