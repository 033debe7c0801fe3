import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { binding, run, story, UNLINKED } from "./testing/objects.ts";
import { inTransportWorld, type TransportWorld } from "./testing/world.ts";

const HUBS = ["hub-0:9000", "hub-1:9000", "hub-2:9000"];
const NAMES = Array.from({ length: 12 }, (_, n) => `run-${n}`);

/** Where each step of a run is told to find its hub. */
function endpoints(world: TransportWorld, name: string): string[] {
  return UNLINKED.map((step) => {
    const status = world.get("TransportBinding", `${name}-${step.name}-transport`)?.["status"];
    return (status as { endpoint?: string } | undefined)?.endpoint ?? "";
  });
}

async function withHubs(world: TransportWorld, ready: readonly string[]): Promise<void> {
  world.readyHubs = ready;
  world.lookAgain();
  await world.settle(200);
}

function putRuns(world: TransportWorld): void {
  world.put(
    story(UNLINKED),
    ...NAMES.flatMap((name) => [
      run(name),
      ...UNLINKED.map((step) => binding(step.name, { run: name })),
    ]),
  );
}

Deno.test("all steps of a run are pinned to one hub, and runs spread over all", () =>
  inTransportWorld(async (world) => {
    putRuns(world);
    await world.settle();
    const owners = NAMES.map((name) => {
      const [first, second] = endpoints(world, name);
      assertEquals(first, second);
      return first;
    });
    assertEquals([...new Set(owners)].sort(), HUBS);
    assertStringIncludes(world.says("StoryRun", "run-0", "TransportReady"), "True/");
  }, HUBS));

Deno.test("a hub that goes: its runs move at once, with an Event, and no others do", () =>
  inTransportWorld(async (world) => {
    putRuns(world);
    await world.settle();
    const before = new Map(NAMES.map((name) => [name, endpoints(world, name)[0]]));
    world.takeWrites();
    await withHubs(world, HUBS.slice(0, 2));
    const moved = NAMES.filter((name) => before.get(name) === HUBS[2]);
    assert(moved.length > 0);
    for (const name of NAMES) {
      const now = endpoints(world, name);
      if (!moved.includes(name)) assertEquals(now, [before.get(name), before.get(name)]);
      else assert(HUBS.slice(0, 2).includes(now[0]!) && now[0] === now[1], now.join());
    }
    assertEquals(world.takeWrites().length, 2 * moved.length, "one write a binding that moves");
    const events = world.events.filter((event) => event.startsWith("Normal HubReassigned"));
    assertEquals(events.length, moved.length);
    assertStringIncludes(events[0]!, "hub-2:9000 is not ready: the streams of the run move to");

    const settled = NAMES.map((name) => endpoints(world, name));
    await withHubs(world, HUBS);
    assertEquals(NAMES.map((name) => endpoints(world, name)), settled, "nothing moves back");
    assertEquals(world.takeWrites(), []);
  }, HUBS));

Deno.test("without a hub a run waits, and one that is placed stays", () =>
  inTransportWorld(async (world) => {
    putRuns(world);
    await world.settle();
    assertEquals(endpoints(world, "run-0"), ["", ""]);
    assertStringIncludes(
      world.says("StoryRun", "run-0", "TransportReady"),
      "waiting for a hub that is ready",
    );
    assertStringIncludes(
      world.says("TransportBinding", "run-0-step-a-transport", "Ready"),
      "False/Reconciling: Resolving transport endpoints",
    );
    await withHubs(world, ["hub-7:9000"]);
    assertEquals(endpoints(world, "run-0"), ["hub-7:9000", "hub-7:9000"]);
    assertStringIncludes(world.says("StoryRun", "run-0", "TransportReady"), "True/");
    world.takeWrites();
    await withHubs(world, []);
    assertEquals(world.takeWrites(), []);
  }, []));

Deno.test("a move that is cut off in the middle comes to one hub", () =>
  inTransportWorld(async (world) => {
    world.put(story(UNLINKED), run(), binding("step-a"), binding("step-b"));
    await world.settle();
    const [owner] = endpoints(world, "run-1");
    const others = HUBS.filter((hub) => hub !== owner);
    world.readyHubs = others;
    world.change("TransportBinding", "run-1-step-b-transport", { status: { endpoint: others[0] } });
    await world.settle();
    assertEquals(endpoints(world, "run-1"), [others[0], others[0]]);
  }, HUBS));
