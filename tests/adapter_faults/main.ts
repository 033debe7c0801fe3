import { runFaultProgram } from "../fault_program.ts";
import { runRounds } from "./rounds.ts";

const HELP =
  `Lets everything go wrong around two adapters that show one real cluster on a real router.

Usage: deno task faults [--rounds N] [--seed N]

  --rounds N  how many faults, one after the other (default 100; about 6 s each)
  --seed N    decides which faults and changes (default: by the clock; it is printed)

Exits with 1 as soon as the router does not show the cluster as it is within 30 s after a fault, or
a node was taken back to an older state.
`;

await runFaultProgram("faults", HELP, runRounds);
