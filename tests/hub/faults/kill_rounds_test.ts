import { assertEquals } from "@std/assert";
import { killRounds } from "./kill_rounds.ts";

for (const semantics of ["best_effort", "at_least_once"] as const) {
  Deno.test(`kill -9 of hub, connectors and engrams leaves exact sums: ${semantics}`, async () => {
    const told: string[] = [];
    const seed = Date.now() % 1_000_000;
    const say = (line: string) => void told.push(line);
    const { problems } = await killRounds({ rounds: 6, semantics, seed, say });
    assertEquals(problems, [], `seed ${seed}\n${told.join("\n")}`);
  });
}
