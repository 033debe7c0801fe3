import { assert, assertEquals } from "@std/assert";
import { MemoryRouter } from "../../client/testing/memory_router.ts";
import { snapshotOf } from "../../contracts/fold.ts";
import {
  binding,
  CHAIN,
  connectorReady,
  run,
  story,
  UNLINKED,
} from "../transport/testing/objects.ts";
import { inTransportWorld, type TransportWorld } from "../transport/testing/world.ts";
import { RunReporter } from "./run_reporter.ts";

/** As a router lists its flows. */
function list(routers: ReadonlyMap<string, MemoryRouter>): Response {
  const flows = [...routers].filter(([, router]) => router.exists).map(([id, router]) => {
    const { flow } = snapshotOf(router.state);
    const { status, startedAt, endedAt } = flow ?? { status: "", startedAt: 0 };
    const rest = { epoch: "1", seq: 1, nodes: 0, relationships: 0, subscribers: 0, updatedAt: 0 };
    return { id, status, startedAt, endedAt, ...rest };
  });
  return Response.json({ flows });
}

/** A reporter beside the controller, and a router that keeps every flow. */
async function inMap(
  test: (
    world: TransportWorld,
    map: {
      flow(id: string): ReturnType<typeof snapshotOf> | undefined;
      routers: Map<string, MemoryRouter>;
      reporter: RunReporter;
      /** Ends the reporter, and starts another that knows nothing. */
      restart(): Promise<void>;
      /** Ends the reporter. */
      stop(): Promise<void>;
      /** Requests that were under way at the same time, at most. */
      mostAtOnce(): number;
    },
  ) => Promise<void>,
): Promise<void> {
  await inTransportWorld(async (world) => {
    const routers = new Map<string, MemoryRouter>();
    let [open, most] = [0, 0];
    const fetchFlow: typeof fetch = async (input, init) => {
      const url = new URL(input instanceof Request ? input.url : input);
      const id = decodeURIComponent(url.pathname.split("/")[3] ?? "");
      if (id === "") return list(routers);
      const router = routers.get(id) ?? new MemoryRouter(id, world.clock);
      routers.set(id, router);
      most = Math.max(most, ++open);
      // A router takes its time, so that requests meet.
      await new Promise<void>((resolve) => world.clock.after(1, resolve));
      return await router.fetchAs("operator")(input, init).finally(() => open--);
    };
    const start = () => {
      const reporter = new RunReporter({
        caches: world.caches,
        router: { url: "http://router", fetch: fetchFlow, clock: world.clock, random: () => 0 },
        log: () => {},
        now: () => world.clock.now(),
      });
      const end = new AbortController();
      return { reporter, end, ended: reporter.run(end.signal) };
    };
    let life = start();
    const stop = async () => {
      life.end.abort();
      await world.settle(20_000);
      await life.ended;
    };
    const restart = async () => {
      await stop();
      life = start();
    };
    const flow = (id: string) => {
      const router = routers.get(id);
      return router?.exists ? snapshotOf(router.state) : undefined;
    };
    try {
      await test(world, {
        flow,
        routers,
        reporter: life.reporter,
        restart,
        stop,
        mostAtOnce: () => most,
      });
    } finally {
      await stop();
    }
  });
}

const ID = "storyrun:demo:run-1";

Deno.test("a run is a flow: its Story the definition, its steps nodes, its needs edges", () =>
  inMap(async (world, { flow }) => {
    world.put(story(CHAIN), binding("step-a"), binding("step-b"), run());
    await world.settle(5_000);
    const shown = flow(ID);
    assertEquals([shown?.flow.definitionId, shown?.flow.status], ["demo/voice", "pending"]);
    assertEquals(shown?.nodes.map(({ id, status, meta }) => [id, status, meta?.["routing"]]), [
      ["step-a", "pending", "p2p"],
      ["step-b", "pending", "hub"],
    ]);
    assertEquals(shown?.relationships, [
      { fromId: "step-a", toId: "step-b", type: "start-to-start", label: "p2p" },
    ]);
    for (const step of ["step-a", "step-b"]) {
      world.change("TransportBinding", `run-1-${step}-transport`, {
        status: { conditions: [connectorReady()] },
      });
    }
    await world.settle(5_000);
    assertEquals(flow(ID)?.flow.status, "running");
    assertEquals(flow(ID)?.nodes.map(({ status }) => status), ["running", "running"]);
    const { conditions } = flow(ID)?.flow.meta as { conditions: Record<string, string> };
    assertEquals(conditions["Ready"], "True: Transport is ready");
  }));

Deno.test("a run that cannot stream has failed on the map, with the reason", () =>
  inMap(async (world, { flow }) => {
    world.put(
      story(UNLINKED, { annotations: { "bobravoz.bubustack.io/transport": "nats" } }),
      run(),
    );
    await world.settle(5_000);
    assertEquals(flow(ID)?.flow.status, "failed");
    assert(JSON.stringify(flow(ID)?.flow.meta).includes('unsupported transport \\"nats\\"'));
  }));

Deno.test("a run that is over says so once, keeps its time, and is not asked about any more", () =>
  inMap(async (world, { flow, routers, reporter, restart }) => {
    world.put(story(), run());
    await world.settle(5_000);
    world.change("StoryRun", "run-1", { status: { phase: "Succeeded" } });
    await world.settle(20_000);
    assertEquals([flow(ID)?.flow.status, reporter.size], ["succeeded", 0]);
    const endedAt = flow(ID)?.flow.endedAt;
    assert(endedAt !== undefined);
    const asked = routers.get(ID)?.requests.length;
    world.change("StoryRun", "run-1", { metadata: { labels: { touched: "yes" } } });
    await world.settle(600_000);
    assertEquals([flow(ID)?.flow.endedAt, routers.get(ID)?.requests.length], [endedAt, asked]);
    await restart();
    await world.settle(20_000);
    assertEquals(flow(ID)?.flow.endedAt, endedAt, "also for a reporter that sees it only now");
  }));

Deno.test("a run that is deleted in mid-stream ends as cancelled", () =>
  inMap(async (world, { flow, reporter }) => {
    world.put(story(), run());
    await world.settle(5_000);
    await world.delete("StoryRun", "run-1");
    await world.settle(20_000);
    assertEquals([flow(ID)?.flow.status, reporter.size], ["cancelled", 0]);
    assert(flow(ID)?.flow.endedAt !== undefined);
  }));

Deno.test("a router that loses everything has it back within a minute or so", () =>
  inMap(async (world, { flow, routers }) => {
    world.put(story(), run());
    await world.settle(5_000);
    const before = flow(ID);
    routers.get(ID)?.restart();
    assertEquals(flow(ID), undefined);
    await world.settle(90_000);
    assertEquals(flow(ID), before);
  }));

Deno.test("a hundred runs that were over long ago are all reported, a few at a time", () =>
  inMap(async (world, { flow, mostAtOnce, restart }) => {
    world.put(story());
    await world.settle();
    for (let i = 0; i < 100; i++) {
      world.put({ ...run(`old-${i}`), status: { phase: i % 2 ? "Failed" : "Succeeded" } });
    }
    await world.settle();
    await restart();
    await world.settle(60_000);
    assert(mostAtOnce() <= 40, `${mostAtOnce()} requests at once`);
    const statuses = Array.from(
      { length: 100 },
      (_, i) => flow(`storyrun:demo:old-${i}`)?.flow.status,
    );
    assertEquals(new Set(statuses), new Set(["succeeded", "failed"]));
    assertEquals(statuses.filter((status) => status === "failed").length, 50);
  }));

Deno.test("a run that was deleted while no operator was there ends at the next one's start", () =>
  inMap(async (world, { flow, routers, restart, stop }) => {
    world.put(story(), run(), run("run-2"));
    await world.settle(5_000);
    // Others have flows there, too.
    const foreign = ["storyrun:hel1:demo:run-1", "rollout-42"];
    for (const id of foreign) {
      const router = new MemoryRouter(id, world.clock);
      router.publish({ type: "upsert-flow", flow: { id, status: "running", startedAt: 1 } });
      routers.set(id, router);
    }
    await stop();
    await world.delete("StoryRun", "run-1");
    await world.settle(60_000);
    assertEquals(flow(ID)?.flow.status, "pending");
    await restart();
    await world.settle(5_000);
    assertEquals(flow(ID)?.flow.status, "cancelled");
    assert(flow(ID)?.flow.endedAt !== undefined);
    assertEquals(flow(ID)?.nodes.map(({ status }) => status), ["cancelled", "cancelled"]);
    assertEquals(flow("storyrun:demo:run-2")?.flow.status, "pending");
    for (const id of foreign) assertEquals(flow(id)?.flow.status, "running");
  }));
