import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { FlowMessage } from "../contracts/flow.ts";
import { emptyFlowState, type FlowState, foldInto, snapshotOf } from "../contracts/fold.ts";
import { parseFlowMessage } from "../contracts/parse_message.ts";
import { FLOW_ID, flowMessages } from "../contracts/testing/arbitraries.ts";
import type { Router } from "./router.ts";
import { buildRouter } from "./testing/build_router.ts";
import { encoded } from "./testing/encoded.ts";
import { MemoryOutlet } from "./testing/memory_outlet.ts";
import { VirtualTimers } from "./testing/virtual_timers.ts";

/** What a reader may do to the protocol, and what the protocol must survive. */
type Step =
  | { do: "publish"; messages: FlowMessage[] }
  | { do: "pass"; ms: number }
  | { do: "connect" | "cut" | "stick" | "unstick"; reader: number }
  | { do: "delete" | "restart" };

const READERS = 3;
const reader = fc.nat(READERS - 1);
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        do: fc.constant("publish" as const),
        messages: fc.array(flowMessages, { minLength: 1, maxLength: 3 }),
      }),
    },
    { weight: 3, arbitrary: fc.record({ do: fc.constant("pass" as const), ms: fc.nat(25) }) },
    {
      weight: 6,
      arbitrary: fc.record({
        do: fc.constantFrom(
          "connect" as const,
          "cut" as const,
          "stick" as const,
          "unstick" as const,
        ),
        reader,
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ do: fc.constantFrom("delete" as const, "restart" as const) }),
    },
  ),
  // Without `size` most runs have fewer than ten steps, too few for a stuck reader to fall behind.
  { minLength: 1, maxLength: 60, size: "max" },
);

/**
 * A reader after the contract: hello, then either the missed messages or a snapshot, then the tail.
 * It fails as soon as the router breaks a promise, not only when the end is wrong.
 */
class Reader {
  state: FlowState = emptyFlowState(FLOW_ID);
  lastEventId: string | undefined;
  outlet: MemoryOutlet | undefined;
  #expects: "hello" | "snapshot" | "message" = "hello";
  #seq = 0;
  #epoch = "";

  connect(router: Router): void {
    this.cut();
    this.outlet = new MemoryOutlet();
    this.#expects = "hello";
    const { lastEventId } = this;
    router.subscribe(
      { flowId: FLOW_ID, lastEventId, address: "", until: Infinity },
      this.outlet,
    );
  }

  cut(): void {
    this.outlet?.destroy();
    this.outlet = undefined;
  }

  read(): void {
    for (const { event, data, lastEventId } of this.outlet?.events() ?? []) {
      if (event === "hello") this.#hello(JSON.parse(data));
      else if (event === "deleted") this.#expects = "hello";
      else this.#message(event, parseFlowMessage(JSON.parse(data)), lastEventId);
    }
  }

  #hello(hello: { epoch: string; seq: number; recovered: boolean; reason: string }): void {
    assertEquals(hello.recovered, hello.reason === "resumed");
    if (hello.recovered) assertEquals(hello.epoch, this.#epoch, "recovered in another epoch");
    this.#epoch = hello.epoch;
    this.#expects = hello.recovered ? "message" : "snapshot";
  }

  #message(event: string, message: FlowMessage, id: string): void {
    assertEquals(event, message.type);
    const [seq, epoch] = id.split("-");
    assertEquals(epoch, this.#epoch, "a message of another epoch than hello's");
    if (this.#expects === "snapshot") {
      assertEquals(event, "snapshot");
      this.state = emptyFlowState(FLOW_ID);
    } else {
      assertEquals(this.#expects, "message", "a message before hello");
      assertEquals(Number(seq), this.#seq + 1, "a message is missing or came twice");
    }
    this.#expects = "message";
    this.#seq = Number(seq);
    this.lastEventId = id;
    foldInto(this.state, message);
  }
}

class World {
  readonly timers = new VirtualTimers();
  readonly readers = Array.from({ length: READERS }, () => new Reader());
  model: FlowState | undefined;
  router: Router;

  constructor(readonly ringFrames: number) {
    this.router = this.#newRouter();
  }

  #newRouter(): Router {
    return buildRouter(this.timers, { ringCapacity: this.ringFrames, ringBytes: 4096 }).router;
  }

  run(step: Step): void {
    switch (step.do) {
      case "publish":
        this.router.publish(FLOW_ID, step.messages.map(encoded));
        this.model ??= emptyFlowState(FLOW_ID);
        for (const message of step.messages) foldInto(this.model, message);
        return;
      case "pass":
        return this.timers.advance(step.ms);
      case "connect":
        return this.readers[step.reader]!.connect(this.router);
      case "cut":
        return this.readers[step.reader]!.cut();
      case "stick":
        return this.readers[step.reader]!.outlet?.stick();
      case "unstick":
        return this.readers[step.reader]!.outlet?.unstick();
      case "delete":
        this.router.delete(FLOW_ID);
        this.model = undefined;
        return;
      case "restart":
        for (const reader of this.readers) reader.cut();
        this.router = this.#newRouter();
        this.model = undefined;
        return;
    }
  }

  /** Everyone comes back, takes what is waiting, and time passes. */
  settle(): void {
    for (const reader of this.readers) {
      if (reader.outlet?.state !== "open") reader.connect(this.router);
      reader.outlet!.unstick();
    }
    this.timers.advance(1000);
    for (const reader of this.readers) reader.read();
  }
}

const plain = (state: FlowState) => JSON.parse(JSON.stringify(snapshotOf(state)));

Deno.test("a reader that is cut off at random ends with the router's snapshot, every time", () => {
  let runs = 0;
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 12 }), steps, (ringFrames, steps) => {
      const world = new World(ringFrames);
      for (const step of steps) {
        world.run(step);
        for (const reader of world.readers) reader.read();
      }
      world.settle();
      const expected = plain(world.model ?? emptyFlowState(FLOW_ID));
      const snapshot = world.router.get(FLOW_ID)?.snapshot().json;
      if (snapshot !== undefined) assertEquals(JSON.parse(snapshot), expected);
      for (const reader of world.readers) assertEquals(plain(reader.state), expected);
      runs++;
    }),
    { numRuns: 2000 },
  );
  assert(runs >= 2000);
});
