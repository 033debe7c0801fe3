import type { RoundsOptions } from "../fault_program.ts";
import { waitFor } from "../cluster/wait_for.ts";
import { OPERATOR_USER } from "../operator/operator_process.ts";
import { Random } from "../router/random.ts";
import { type Fault, FAULTS } from "./faults.ts";
import { writesWithoutLease } from "./lease_watch.ts";
import { Life, SORTS } from "./lives.ts";
import { startWorld, type World } from "./world.ts";

const RUNS_A_ROUND = 5;

/**
 * Lets one thing after the other go wrong while runs come and go, each fault once before any comes
 * again. After each, every run that was kept must be what it is when nothing goes wrong, every run
 * that was deleted must be gone, whenever that was, pods must come with connectors, and no write of
 * an operator without the Lease may have taken effect.
 *
 * @throws {Error} naming the round, the fault and the seed
 */
export async function runRounds({ rounds, seed, say }: RoundsOptions): Promise<void> {
  const random = new Random(seed);
  await using world = await startWorld();
  const expected = await undisturbed(world);
  let left: Fault[] = [];
  for (let round = 1; round <= rounds; round++) {
    if (left.length === 0) left = [...FAULTS];
    const [fault] = left.splice(random.below(left.length), 1);
    if (fault === undefined) break;
    const startedAt = performance.now();
    try {
      const deleted = await playRound(world, fault, random, `round-${round}`, expected);
      const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
      say(
        `${round}/${rounds} ${fault.name}: as undisturbed, runs deleted after ${deleted} ` +
          `steps, ${seconds} s in all`,
      );
    } catch (cause) {
      const message = cause instanceof Error ? cause.message : String(cause);
      throw new Error(
        `round ${round} of seed ${seed}, ${fault.name}: ${message}\n${await lastLines(world)}`,
        { cause },
      );
    }
  }
  const requests = await world.audit.requestsOf(OPERATOR_USER);
  const { done, late, refused } = writesWithoutLease(requests, world.wakeUps);
  if (done.length > 0) {
    throw new Error(`seed ${seed}: written without the Lease:\n${done.join("\n")}`);
  }
  say(`${requests.length} requests of two operators, none has written without the Lease`);
  for (const one of refused) {
    say(`not done, as it was on its way when its sender froze or stopped: ${one}`);
  }
  for (const one of late) {
    say(
      `done, as it was on its way when its sender froze and nobody had touched its object: ${one}`,
    );
  }
}

/** What runs of each sort come to when nothing goes wrong. */
async function undisturbed(world: World): Promise<Map<string, string>> {
  const shapes = new Map<string, string>();
  for (const sort of SORTS) {
    const life = new Life(world.plane.admin, sort, `calm-${sort.name}`);
    for (const step of life.steps()) await step();
    await life.isReady();
    shapes.set(sort.name, await life.shape());
    await end([life]);
  }
  return shapes;
}

/** @returns after how many steps of their lives runs were deleted, in words */
async function playRound(
  world: World,
  fault: Fault,
  random: Random,
  name: string,
  expected: ReadonlyMap<string, string>,
): Promise<string> {
  const stages: number[] = [];
  const kept: Life[] = [];
  const deleted: Life[] = [];
  const scripts = Array.from({ length: RUNS_A_ROUND }, (_, i) => {
    const life = new Life(world.plane.admin, random.pick(SORTS), `${name}-${i}`);
    const steps = life.steps();
    // One stays, for the webhook's pod.
    if (i === 0 || random.chance(0.4)) {
      kept.push(life);
      return steps;
    }
    const stage = 1 + random.below(steps.length);
    stages.push(stage);
    deleted.push(life);
    return [...steps.slice(0, stage), () => life.delete()];
  });
  const script = shuffled(scripts, random);
  const goOn = async (count = script.length) => {
    for (const step of script.splice(0, count)) await step();
  };
  await goOn(random.below(script.length - 4));
  await fault.run(world, random, goOn);
  await goOn();
  for (const life of kept) await life.isReady();
  for (const life of deleted) await life.isGone();
  await world.leader();
  for (const life of kept) await settles(life, expected.get(life.sort.name) ?? "");
  const [binding] = kept[0]?.bindings ?? [];
  if (binding !== undefined) await world.injects(binding);
  await end(kept);
  for (const life of deleted) await life.sweep();
  await nothingIsLeft(world);
  return stages.join(", ") || "none";
}

/** The steps of several lives in one order, each life's own kept. */
function shuffled(
  scripts: readonly (readonly (() => Promise<void>)[])[],
  random: Random,
): (() => Promise<void>)[] {
  const rest = scripts.map((script) => [...script]);
  const order: (() => Promise<void>)[] = [];
  while (rest.some((script) => script.length > 0)) {
    const next = random.pick(rest.filter((script) => script.length > 0)).shift();
    if (next !== undefined) order.push(next);
  }
  return order;
}

async function settles(life: Life, expected: string): Promise<void> {
  let shape = "";
  await waitFor(`${life.name} to be as an undisturbed run of ${life.sort.name}`, async () => {
    shape = await life.shape();
    return shape === expected;
  }, { within: 15_000, describe: () => `it is\n${shape}\nand should be\n${expected}` });
}

async function end(lives: readonly Life[]): Promise<void> {
  for (const life of lives) {
    await life.delete();
    await life.isGone();
    await life.sweep();
  }
}

async function nothingIsLeft({ plane: { admin } }: World): Promise<void> {
  for (
    const path of [
      "/apis/runs.bubustack.io/v1alpha1/storyruns",
      "/apis/transport.bubustack.io/v1alpha1/transportbindings",
    ]
  ) {
    const { items } = await admin.list(path);
    if (items.length > 0) throw new Error(`${items.length} left in ${path}`);
  }
}

async function lastLines({ members }: World): Promise<string> {
  const logs = await Promise.all(
    members.map(async ({ operator }, index) =>
      (await operator.logs()).slice(-15).map((line) => `${index + 1}: ${JSON.stringify(line)}`)
    ),
  );
  return logs.flat().join("\n");
}
