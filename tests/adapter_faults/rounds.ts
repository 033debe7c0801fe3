import type { RoundsOptions } from "../fault_program.ts";
import { Random } from "../router/random.ts";
import { type Fault, FAULTS } from "./faults.ts";
import { startWorld, type World } from "./world.ts";

/**
 * Lets one thing after the other go wrong, each fault once before any comes again. After each the
 * router must show what the pure mapper makes of the cluster, exactly one adapter must lead, and no
 * node may have gone back to an older state on the way.
 *
 * @throws {Error} naming the round, the fault and the seed
 */
export async function runRounds({ rounds, seed, say }: RoundsOptions): Promise<void> {
  const random = new Random(seed);
  await using world = await startWorld(random);
  let left: Fault[] = [];
  for (let round = 1; round <= rounds; round++) {
    if (left.length === 0) left = [...FAULTS];
    const [fault] = left.splice(random.below(left.length), 1);
    if (fault === undefined) break;
    const startedAt = performance.now();
    try {
      await playRound(world, fault, random);
    } catch (cause) {
      const message = cause instanceof Error ? cause.message : String(cause);
      throw new Error(
        `round ${round} of seed ${seed}, ${fault.name}: ${message}\n${await lastLines(world)}`,
        { cause },
      );
    }
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    say(`${round}/${rounds} ${fault.name}: whole again, ${seconds} s in all`);
  }
  if (world.watchman.seen === 0) throw new Error("the watchman has seen nothing");
}

async function playRound(world: World, fault: Fault, random: Random): Promise<void> {
  await fault.run(world, random);
  await world.isWhole();
  await world.leader();
  // What came of the fault may not be all that will come.
  await world.releases.change();
  await world.isWhole();
  const [complaint] = world.watchman.complaints;
  if (complaint !== undefined) throw new Error(complaint);
}

async function lastLines({ members }: World): Promise<string> {
  const logs = await Promise.all(members.map(async ({ adapter }) => {
    const lines = (await adapter.logs()).filter(({ msg }) => msg !== "status").slice(-12);
    return lines.map((line) => `${adapter.name}: ${JSON.stringify(line)}`);
  }));
  return logs.flat().join("\n");
}
