import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { parseCursors } from "../contracts/cursor.ts";
import type { FlowMessage } from "../contracts/flow.ts";
import { emptyFlowState, type FlowState, foldInto, snapshotOf } from "../contracts/fold.ts";
import type { MultiHello } from "../contracts/hello.ts";
import { flowMessages } from "../contracts/testing/arbitraries.ts";
import type { Router } from "./router.ts";
import { buildRouter } from "./testing/build_router.ts";
import { encoded } from "./testing/encoded.ts";
import { MemoryOutlet } from "./testing/memory_outlet.ts";
import { SseClient } from "./testing/sse_client.ts";
import { startServer } from "./testing/start_server.ts";
import { VirtualTimers } from "./testing/virtual_timers.ts";

const FLOWS = ["a", "b1", "b2", "c"];
const WANTED = (flowId: string) => flowId === "a" || flowId.startsWith("b");

type Step =
  | { do: "publish"; flow: string; messages: FlowMessage[] }
  | { do: "delete"; flow: string }
  | { do: "pass"; ms: number }
  | { do: "connect" | "cut" | "stick" | "unstick" | "restart" };

const flow = fc.constantFrom(...FLOWS);
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({
        do: fc.constant("publish" as const),
        flow,
        messages: fc.array(flowMessages, { minLength: 1, maxLength: 3 }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("delete" as const), flow }) },
    { weight: 4, arbitrary: fc.record({ do: fc.constant("pass" as const), ms: fc.nat(25) }) },
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constantFrom(
          "connect" as const,
          "cut" as const,
          "stick" as const,
          "unstick" as const,
        ),
      }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("restart" as const) }) },
  ),
  { minLength: 1, maxLength: 60, size: "max" },
);

/** A reader of several flows after the contract, which fails as soon as a promise is broken. */
class ManyReader {
  readonly states = new Map<string, FlowState>();
  readonly #seqs = new Map<string, { seq: number; epoch: string } | "snapshot">();
  #lastEventId = "";
  outlet: MemoryOutlet | undefined;

  connect(router: Router): void {
    this.outlet?.destroy();
    this.outlet = new MemoryOutlet();
    const cursors = parseCursors(this.#lastEventId) ?? new Map();
    router.subscribeMany({ wants: WANTED, cursors, address: "", until: Infinity }, this.outlet);
  }

  read(): void {
    for (const { event, data, lastEventId } of this.outlet?.events() ?? []) {
      const value = JSON.parse(data);
      if (event === "hello") this.#hello(value);
      else if (event === "deleted") this.#forget(value.flowId);
      else this.#message(value.flowId, value, parseCursors(lastEventId)!);
      if (lastEventId !== "") this.#lastEventId = lastEventId;
    }
  }

  #hello({ flows, complete }: MultiHello): void {
    for (const { flowId, recovered, epoch } of flows) {
      assert(WANTED(flowId), flowId);
      if (recovered) {
        const known = this.#seqs.get(flowId);
        assert(typeof known === "object" && known.epoch === epoch, "resumed what was not known");
      } else this.#seqs.set(flowId, "snapshot");
    }
    if (!complete) return;
    const listed = new Set(flows.map(({ flowId }) => flowId));
    for (const flowId of this.states.keys()) if (!listed.has(flowId)) this.#forget(flowId);
  }

  #forget(flowId: string): void {
    this.states.delete(flowId);
    this.#seqs.delete(flowId);
  }

  #message(
    flowId: string,
    message: FlowMessage & { flowId?: string },
    id: Map<string, number>,
  ): void {
    const known = this.#seqs.get(flowId);
    assert(known !== undefined, `a message of ${flowId} before its hello`);
    if (known === "snapshot") {
      assertEquals(message.type, "snapshot");
      this.states.set(flowId, emptyFlowState(flowId));
      // The one cursor of the id that no other flow has.
      const others = new Set(
        [...this.#seqs.values()].map((k) => typeof k === "object" ? k.epoch : ""),
      );
      const [own] = [...id].filter(([epoch]) => !others.has(epoch));
      this.#seqs.set(flowId, { epoch: own?.[0] ?? "", seq: own?.[1] ?? NaN });
    } else {
      assertEquals(id.get(known.epoch), known.seq + 1, "a message is missing or came twice");
      known.seq++;
    }
    const { flowId: _, ...rest } = message;
    foldInto(this.states.get(flowId)!, rest as FlowMessage);
  }
}

const plain = (state: FlowState) => JSON.parse(JSON.stringify(snapshotOf(state)));

Deno.test("a reader of several flows that is cut off at random ends with all their snapshots", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 12 }), steps, (ringCapacity, steps) => {
      const timers = new VirtualTimers();
      const newRouter = () => buildRouter(timers, { ringCapacity, ringBytes: 4096 }).router;
      let router = newRouter();
      let model = new Map<string, FlowState>();
      const reader = new ManyReader();
      for (const step of steps) {
        if (step.do === "publish") {
          router.publish(step.flow, step.messages.map(encoded));
          const state = model.get(step.flow) ?? emptyFlowState(step.flow);
          for (const message of step.messages) foldInto(state, message);
          model.set(step.flow, state);
        } else if (step.do === "delete") {
          router.delete(step.flow);
          model.delete(step.flow);
        } else if (step.do === "pass") timers.advance(step.ms);
        else if (step.do === "connect") reader.connect(router);
        else if (step.do === "cut") reader.outlet?.destroy();
        else if (step.do === "stick") reader.outlet?.stick();
        else if (step.do === "unstick") reader.outlet?.unstick();
        else {
          reader.outlet?.destroy();
          router = newRouter();
          model = new Map();
        }
        reader.read();
      }
      if (reader.outlet?.state !== "open") reader.connect(router);
      reader.outlet!.unstick();
      timers.advance(1000);
      reader.read();
      const wanted = [...model.keys()].filter(WANTED).sort();
      assertEquals([...reader.states.keys()].sort(), wanted);
      for (const id of wanted) assertEquals(plain(reader.states.get(id)!), plain(model.get(id)!));
    }),
    { numRuns: 1000 },
  );
});

const post = (url: string, flow: string, id: string) =>
  fetch(`${url}/v1/flows/${flow}/events`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({
      type: "upsert-nodes",
      nodes: [{ id, flowId: flow, label: id, status: "running" }],
    }),
  });

Deno.test("one connection carries flows by name and by pattern, and resumes them by one id", async () => {
  await using server = await startServer();
  for (const flow of ["a", "b1", "c"]) await post(server.url, flow, "first");
  const url = `${server.url}/v1/stream?flow=a&flow=b*`;
  let lastEventId: string;
  {
    await using stream = await SseClient.open(url);
    const [hello, ...snapshots] = await stream.take(3);
    assertEquals(JSON.parse(hello!.data).flows.map((f: { flowId: string }) => f.flowId), [
      "a",
      "b1",
    ]);
    assertEquals(snapshots.map(({ event, data }) => [event, JSON.parse(data).flowId]), [
      ["snapshot", "a"],
      ["snapshot", "b1"],
    ]);
    await post(server.url, "b2", "joins");
    const [joined, snapshot] = await stream.take(2);
    assertEquals([JSON.parse(joined!.data).complete, snapshot!.event], [false, "snapshot"]);
    lastEventId = snapshot!.lastEventId;
  }
  await post(server.url, "a", "second");
  await post(server.url, "c", "unseen");
  await using again = await SseClient.open(url, { "Last-Event-ID": lastEventId });
  const [hello, missed] = await again.take(2);
  assertEquals(
    JSON.parse(hello!.data).flows.map((flow: { reason: string }) => flow.reason),
    ["resumed", "resumed", "resumed"],
  );
  const { flowId, nodes } = JSON.parse(missed!.data);
  assertEquals([flowId, nodes[0].id], ["a", "second"]);
});

Deno.test("a stream of no flow, or of too many, is refused", async () => {
  await using server = await startServer({ maxFlowsPerStream: 2 });
  for (const flow of ["a", "b", "c"]) await post(server.url, flow, "n");
  for (const query of ["", "?flow=*"]) {
    const response = await fetch(`${server.url}/v1/stream${query}`);
    assertEquals(response.status, 400);
    await response.body?.cancel();
  }
  await using stream = await SseClient.open(`${server.url}/v1/stream?flow=a*&flow=b`);
  await stream.take(3);
  await post(server.url, "a2", "one too many");
  assertEquals(await stream.next(), undefined);
});
