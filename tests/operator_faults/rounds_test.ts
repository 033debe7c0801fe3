import { FAULTS } from "./faults.ts";
import { runRounds } from "./rounds.ts";

Deno.test("two operators bring every run to where an undisturbed one is, through every fault", async () => {
  const lines: string[] = [];
  const seed = Date.now() % 1_000_000;
  await runRounds({ rounds: FAULTS.length, seed, say: (line) => void lines.push(line) });
});
