import { assertEquals } from "@std/assert";
import { killRounds } from "./kill_rounds.ts";

for (
  const [semantics, routing, rounds] of [
    ["best_effort", "hub", 4],
    ["best_effort", "p2p", 4],
    ["at_least_once", "hub", 4],
    ["at_least_once", "p2p", 4],
  ] as const
) {
  Deno.test(`kill -9 of hub, connectors and engrams leaves exact sums: ${semantics}, ${routing}`, async () => {
    const told: string[] = [];
    const seed = Date.now() % 1_000_000;
    const say = (line: string) => void told.push(line);
    const { problems } = await killRounds({ rounds, semantics, routing, seed, say });
    assertEquals(problems, [], `seed ${seed}\n${told.join("\n")}`);
  });
}
