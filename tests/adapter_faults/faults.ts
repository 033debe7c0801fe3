import type { Random } from "../router/random.ts";
import type { World } from "./world.ts";

/** Something that goes wrong and is over when it resolves. */
export interface Fault {
  readonly name: string;
  run(world: World, random: Random): Promise<void>;
}

/** Longer than the lease of a world lasts. */
const LONGER_THAN_A_LEASE = 5_000;

async function changes(world: World, count: number): Promise<void> {
  for (let i = 0; i < count; i++) await world.releases.change();
}

/** Everything that happens between an adapter, its cluster and its router. */
export const FAULTS: readonly Fault[] = [
  {
    name: "every connection to the API server is cut",
    async run(world, random) {
      for (const { toCluster } of world.members) toCluster.cut(random.pick(["fin", "rst"]));
      await changes(world, 5);
    },
  },
  {
    name: "every connection to the router is cut",
    async run(world, random) {
      await changes(world, 2);
      for (const { toRouter } of world.members) toRouter.cut(random.pick(["fin", "rst"]));
      await changes(world, 3);
    },
  },
  {
    name: "kill -9 of the API server",
    async run(world) {
      await changes(world, 3);
      await world.plane.stopApiServer("SIGKILL");
      await world.plane.startApiServer();
      await changes(world, 3);
    },
  },
  {
    name: "an API server that has forgotten what happened meanwhile (410)",
    async run(world) {
      for (const { toCluster } of world.members) toCluster.silence();
      await changes(world, 8);
      await world.plane.stopApiServer("SIGKILL");
      await world.plane.startApiServer();
      for (const { toCluster } of world.members) {
        toCluster.cut("rst");
        toCluster.resume();
      }
    },
  },
  {
    name: "kill -9 of the router",
    async run(world) {
      await changes(world, 3);
      await world.router.stop("SIGKILL");
      await changes(world, 3);
      await world.router.start();
    },
  },
  {
    name: "kill -9 of the leader",
    async run(world) {
      const { leader } = await world.leader();
      await changes(world, 3);
      await leader.adapter.stop("SIGKILL");
      await changes(world, 5);
      await world.isWhole();
      await leader.adapter.start();
    },
  },
  {
    name: "SIGTERM of the leader",
    async run(world) {
      const { leader } = await world.leader();
      await changes(world, 3);
      await leader.adapter.stop("SIGTERM");
      await changes(world, 3);
      await world.isWhole();
      await leader.adapter.start();
    },
  },
  {
    name: "a leader that is frozen and wakes up when another leads",
    async run(world) {
      const { leader, standby } = await world.leader();
      await changes(world, 3);
      leader.adapter.signal("SIGSTOP");
      try {
        await changes(world, 5);
        await world.isWhole();
        // It wakes up with the state of then in its hands, and with requests under way.
        await changes(world, 5);
        standby.toCluster.cut("rst");
      } finally {
        leader.adapter.signal("SIGCONT");
      }
      await changes(world, 2);
    },
  },
  {
    name: "a leader without its API server",
    async run(world) {
      const { leader } = await world.leader();
      leader.toCluster.silence();
      try {
        await changes(world, 5);
        await world.isWhole();
      } finally {
        leader.toCluster.resume();
      }
      await changes(world, 2);
    },
  },
  {
    name: "adapters without their router",
    async run(world) {
      for (const { toRouter } of world.members) toRouter.silence();
      await changes(world, 10);
      await pause(LONGER_THAN_A_LEASE);
      for (const { toRouter } of world.members) {
        toRouter.cut("rst");
        toRouter.resume();
      }
    },
  },
  {
    name: "another token",
    async run(world) {
      await world.rotateToken();
      // So long an API server believes a token that it has checked.
      await pause(10_500);
      for (const { toCluster } of world.members) toCluster.cut("rst");
      await changes(world, 5);
    },
  },
];

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
