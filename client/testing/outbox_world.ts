import type { FlowNode, Relationship } from "../../contracts/flow.ts";
import { Outbox } from "../outbox.ts";
import type { OutboxEnd, OutboxEvent, OutboxOptions } from "../outbox_options.ts";
import type { FlowPart, FlowRule, Ownership } from "../outbox_part.ts";
import { FakeClock } from "./fake_clock.ts";
import { MemoryRouter } from "./memory_router.ts";
import { settle } from "./settle.ts";

export const FLOW_ID = "rollout";

/** An outbox that runs in a {@linkcode World}. */
export interface Running {
  readonly outbox: Outbox;
  readonly events: OutboxEvent[];
  /** Aborts it. @returns when it has ended */
  stop(): Promise<void>;
}

/** A router in memory, outboxes that talk to it, and a clock that only a test turns. */
export class World {
  readonly clock = new FakeClock();
  readonly router: MemoryRouter;
  readonly #random: () => number;
  readonly #running: Running[] = [];

  constructor({ isOriginal = false, random = () => 0.5 } = {}) {
    this.router = new MemoryRouter(FLOW_ID, this.clock, isOriginal);
    this.#random = random;
  }

  readonly start = (
    region: string,
    options: Partial<OutboxOptions> = {},
    end: OutboxEnd = {},
  ): Running => {
    const events: OutboxEvent[] = [];
    const outbox = new Outbox({
      url: "http://router.test/base/",
      flowId: FLOW_ID,
      owns: ownershipOf(region),
      fetch: this.router.fetchAs(region),
      clock: this.clock,
      random: this.#random,
      onEvent: (event) => events.push(event),
      ...options,
    });
    const abort = new AbortController();
    const ended = outbox.run(abort.signal, end);
    const running = {
      outbox,
      events,
      stop: async () => {
        abort.abort();
        // The grace runs on the clock of the test.
        for (let turn = 0; turn < 10; turn++) await this.elapse(100);
        await ended;
      },
    };
    this.#running.push(running);
    return running;
  };

  /** Lets time pass, one timer after the other, each with all that follows from it. */
  readonly elapse = async (milliseconds: number): Promise<void> => {
    const end = this.clock.now() + milliseconds;
    for (;;) {
      do await settle(); while (this.router.busy > 0);
      const next = this.clock.nextTimer;
      if (next === undefined || this.clock.now() + next > end) break;
      this.clock.advance(next);
    }
    this.clock.advance(end - this.clock.now());
    do await settle(); while (this.router.busy > 0);
  };

  async stop(): Promise<void> {
    await Promise.all(this.#running.map((running) => running.stop()));
  }
}

/** Runs a test in a world of its own and ends what it started. */
export async function inWorld(
  test: (world: World) => Promise<void>,
  options?: ConstructorParameters<typeof World>[0],
): Promise<void> {
  const world = new World(options);
  try {
    await test(world);
  } finally {
    await world.stop();
  }
}

export function ownershipOf(region: string): Ownership {
  const isOurs = (id: string) => id === region || id.startsWith(`${region}/`);
  return {
    node: ({ id }) => isOurs(id),
    relationship: ({ fromId, toId }) => isOurs(fromId) && isOurs(toId),
  };
}

export function node(id: string, status = "pending", more: Partial<FlowNode> = {}): FlowNode {
  return { id, flowId: FLOW_ID, label: id, status, ...more };
}

export function edge(fromId: string, toId: string): Relationship {
  return { fromId, toId, type: "finish-to-start" };
}

export function part(nodes: FlowNode[], relationships: Relationship[] = []): FlowPart {
  return { nodes, relationships };
}

/** Counts the nodes that are no slash below anything: the flow is `<statuses joined>`. */
export const joinRoots: FlowRule = {
  watches: ({ id }) => !id.includes("/"),
  derive: (nodes, current) => ({
    ...current,
    id: FLOW_ID,
    startedAt: 1,
    status: nodes.map(({ id, status }) => `${id}=${status}`).sort().join(),
  }),
};
