import type { Random } from "../router/random.ts";
import type { World } from "./world.ts";

/** Something that goes wrong and is over when it resolves. */
export interface Fault {
  readonly name: string;
  /**
   * @param goOn lets the next things happen to the runs: some of them, or all that are left
   */
  run(world: World, random: Random, goOn: (count?: number) => Promise<void>): Promise<void>;
}

/** Everything that happens between operators, their Lease, their API server and their certificate. */
export const FAULTS: readonly Fault[] = [
  {
    name: "kill -9 of the leader in mid-reconcile",
    async run(world, random, goOn) {
      const { leader } = await world.leader();
      await goOn(1);
      await pause(random.below(30));
      leader.isAway = true;
      await leader.operator.stop("SIGKILL");
      await goOn();
      await leader.operator.start();
      leader.isAway = false;
    },
  },
  {
    name: "kill -9 of both operators",
    async run(world, random, goOn) {
      await goOn(2);
      await pause(random.below(30));
      for (const member of world.members) {
        member.isAway = true;
        await member.operator.stop("SIGKILL");
      }
      await goOn();
      for (const member of world.members) {
        await member.operator.start();
        member.isAway = false;
      }
    },
  },
  {
    name: "SIGTERM of the leader",
    async run(world, _random, goOn) {
      const { leader } = await world.leader();
      await goOn(3);
      leader.isAway = true;
      await leader.operator.stop("SIGTERM");
      await goOn();
      await leader.operator.start();
      leader.isAway = false;
    },
  },
  {
    name: "a leader that is frozen and wakes up when another leads",
    async run(world, random, goOn) {
      const { leader, standby } = await world.leader();
      await goOn(2);
      await pause(random.below(20));
      leader.isAway = true;
      leader.operator.signal("SIGSTOP");
      try {
        await goOn(3);
        await world.isLed(standby);
        await goOn(2);
      } finally {
        // It wakes up with the state of then in its hands, and with writes under way.
        world.wakeUps.push({ user: leader.user, at: Date.now() });
        leader.operator.signal("SIGCONT");
        leader.isAway = false;
      }
      await goOn();
    },
  },
  {
    name: "a leader without its API server, until another leads",
    async run(world, _random, goOn) {
      const { leader, standby } = await world.leader();
      await goOn(2);
      leader.toCluster.silence();
      try {
        await goOn(3);
        await world.isLed(standby);
        await goOn(2);
      } finally {
        // What the network has held back does not arrive late: that is lost.
        leader.toCluster.cut("rst");
        leader.toCluster.resume();
      }
      await goOn();
    },
  },
  {
    name: "every connection to the API server is cut",
    async run(world, random, goOn) {
      await goOn(2);
      for (const { toCluster } of world.members) toCluster.cut(random.pick(["fin", "rst"]));
      await goOn();
    },
  },
  {
    name: "kill -9 of the API server",
    async run(world, _random, goOn) {
      await goOn(3);
      await world.plane.stopApiServer("SIGKILL");
      await world.plane.startApiServer();
      await goOn();
    },
  },
  {
    name: "another certificate of another authority for the webhook",
    async run(world, _random, goOn) {
      await goOn(2);
      await world.rotateCertificate();
      await goOn();
    },
  },
];

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
