import { assertEquals } from "@std/assert";
import fc from "fast-check";
import type { FlowMessage } from "../contracts/flow.ts";
import { snapshotOf } from "../contracts/fold.ts";
import { subscribe } from "./subscribe.ts";
import { FLOW_ID as FLOW, flowMessages } from "../contracts/testing/arbitraries.ts";
import { FakeClock } from "./testing/fake_clock.ts";
import { FakeRouter } from "./testing/fake_router.ts";
import { settle } from "./testing/settle.ts";

type Happening =
  | { does: "publish" | "lose"; message: FlowMessage }
  | { does: "evict"; keep: number }
  | { does: "wait"; milliseconds: number }
  | { does: "send"; text: string }
  | {
    does:
      | "cut"
      | "end"
      | "restart"
      | "delete"
      | "skip"
      | "repeat"
      | "heartbeat"
      | "refuse"
      | "mend";
  };

const happening: fc.Arbitrary<Happening> = fc.oneof(
  {
    weight: 10,
    arbitrary: flowMessages.map((message) => ({ does: "publish" as const, message })),
  },
  { weight: 4, arbitrary: fc.nat(2_000).map((milliseconds) => ({ does: "wait", milliseconds })) },
  { weight: 1, arbitrary: fc.constant({ does: "wait", milliseconds: 40_000 }) },
  { weight: 3, arbitrary: fc.constantFrom({ does: "cut" }, { does: "end" }) },
  { weight: 1, arbitrary: fc.nat(3).map((keep) => ({ does: "evict", keep })) },
  flowMessages.map((message) => ({ does: "lose" as const, message })),
  fc.constantFrom("data: {\n\n", "event: hello\ndata: []\n\n", ": nothing\n", "\r\r", "id: 9\n")
    .map((text) => ({ does: "send", text })),
  fc.constantFrom(
    { does: "restart" },
    { does: "delete" },
    { does: "skip" },
    { does: "repeat" },
    { does: "heartbeat" },
    { does: "refuse" },
    { does: "mend" },
  ),
) as fc.Arbitrary<Happening>;

function happen(it: Happening, router: FakeRouter, clock: FakeClock): void {
  switch (it.does) {
    case "publish":
      return router.publish(it.message);
    case "lose":
      return router.accept(it.message);
    case "evict":
      return router.evict(it.keep);
    case "wait":
      return clock.advance(it.milliseconds);
    case "send":
      return router.send(it.text);
    case "cut":
      return router.cutStreams();
    case "end":
      return router.endStreams();
    case "restart":
      return router.restart();
    case "delete":
      return router.delete();
    case "skip":
      return router.skip();
    case "repeat":
      return router.repeat();
    case "heartbeat":
      return router.heartbeat();
    case "refuse":
      router.answer = () => new Response("", { status: 503 });
      return router.cutStreams();
    case "mend":
      router.answer = undefined;
  }
}

Deno.test("whatever happens to stream and router, the state is never wrong and ends whole", async () => {
  const scenario = fc.record({
    happenings: fc.array(happening, { maxLength: 40 }),
    cuts: fc.infiniteStream(fc.integer({ min: 1, max: 90 })),
    together: fc.infiniteStream(fc.boolean()),
    chance: fc.double({ min: 0, max: 0.999, noNaN: true }),
  });
  await fc.assert(
    fc.asyncProperty(scenario, async ({ happenings, cuts, together, chance }) => {
      const failed: unknown[] = [];
      const clock = new FakeClock();
      const router = new FakeRouter(FLOW, () => cuts.next().value ?? 1);
      const subscription = subscribe({
        url: "http://router.example",
        flowId: FLOW,
        fetch: router.fetch,
        clock,
        random: () => chance,
        onError: (error) => {
          if (error.code === "callback") failed.push(error.cause);
        },
        onMessage: (_, { seq, epoch }) =>
          assertEquals(snapshotOf(subscription.state), router.history.get(`${seq}-${epoch}`)),
      });
      for (const it of happenings) {
        happen(it, router, clock);
        if (together.next().value) continue;
        await settle();
        const { position } = subscription;
        if (position === undefined) continue;
        // What is folded is what the router had at that very place, at every moment.
        assertEquals(
          snapshotOf(subscription.state),
          router.history.get(`${position.seq}-${position.epoch}`),
        );
      }
      router.answer = undefined;
      // A message lost on the way shows with the next one, so one must follow.
      router.publish({ type: "delete-nodes", ids: ["never"] });
      await settle();
      for (let pauses = 0; pauses < 3; pauses++) {
        subscription.retryNow();
        await settle();
      }
      assertEquals(failed, []);
      assertEquals(snapshotOf(subscription.state), router.snapshot);
      assertEquals(
        `${subscription.position?.seq}-${subscription.position?.epoch}`,
        router.cursor,
      );
      subscription.close();
      await subscription.closed;
    }),
    { numRuns: 300 },
  );
});
