import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { HelloReason } from "../contracts/hello.ts";
import type { Connection } from "./connection.ts";
import { type Effect, type Session, type SessionInput, startSession, step } from "./session.ts";
import { SubscribeError } from "./subscribe_error.ts";

const flow = { id: "f", status: "running", startedAt: 1 };

function event(name: string, data: unknown, lastEventId = ""): SessionInput {
  return { type: "event", event: { event: name, data: JSON.stringify(data), lastEventId } };
}
const hello = (seq: number, reason: HelloReason, epoch = "a") =>
  event("hello", { epoch, seq, recovered: reason === "resumed", reason });
const snapshot = (id: string) => event("snapshot", { type: "snapshot", flow }, id);
const upsert = (id: string) => event("upsert-flow", { type: "upsert-flow", flow }, id);
const lost = (at: number, error?: SubscribeError): SessionInput => ({
  type: "lost",
  at,
  ...(error && { error }),
});

/** Runs `inputs` from `session` on and gives the end with the effects of all of them. */
function run(inputs: SessionInput[], session: Session = startSession()) {
  const effects: Effect[] = [];
  for (const input of inputs) {
    const next = step(session, input);
    session = next.session;
    effects.push(...next.effects);
  }
  return { session, effects, kinds: effects.map((effect) => effect.type) };
}

function droppedBy(effects: readonly Effect[]): string | undefined {
  const last = effects.at(-1);
  return last?.type === "drop" ? last.error?.code : undefined;
}

const live = run([hello(4, "new"), snapshot("4-a"), upsert("5-a")]).session;

Deno.test("a first snapshot makes the session live at the place it was folded at", () => {
  const { session, kinds } = run([hello(4, "new"), snapshot("4-a"), upsert("5-a")]);
  assertEquals(kinds, ["hello", "fold", "fold"]);
  assertEquals(session.position, { seq: 5, epoch: "a" });
  assertEquals(session.connection, { state: "live" });
});

Deno.test("a resumed stream is resuming until the last missed message is in", () => {
  const states: string[] = [];
  let session = live;
  for (const input of [lost(70), hello(7, "resumed"), upsert("6-a"), upsert("7-a")]) {
    session = step(session, input).session;
    states.push(session.connection.state);
  }
  assertEquals(states, ["resuming", "resuming", "resuming", "live"]);
});

Deno.test("a resumed stream with nothing missed is live at once", () => {
  assertEquals(run([lost(70), hello(5, "resumed")], live).session.connection, { state: "live" });
});

for (const reason of ["evicted", "epoch-changed", "unknown", "ahead"] as const) {
  Deno.test(`a snapshot instead of the missed messages is told as ${reason} until a heartbeat`, () => {
    const moved = run([lost(70), hello(9, reason, "b"), snapshot("9-b")], live).session;
    assertEquals(moved.connection, { state: "resynced", reason });
    assertEquals(moved.position, { seq: 9, epoch: "b" });
    assertEquals(run([upsert("10-b")], moved).session.connection.state, "resynced");
    assertEquals(run([event("heartbeat", {})], moved).session.connection, { state: "live" });
  });
}

Deno.test("a reader that is moved forward in mid-stream takes the snapshot and goes on", () => {
  const { session, kinds } = run([hello(90, "evicted"), snapshot("90-a"), upsert("91-a")], live);
  assertEquals(kinds, ["hello", "fold", "fold"]);
  assertEquals(session.connection, { state: "resynced", reason: "evicted" });
});

Deno.test("a connection lost between hello and its snapshot keeps the place it had", () => {
  assertEquals(run([hello(90, "evicted"), lost(70)], live).session.position, live.position);
});

for (
  const [what, inputs, code] of [
    ["a message is missing", [upsert("7-a")], "gap"],
    ["a message comes twice", [upsert("5-a")], "gap"],
    ["the epoch changes without a hello", [upsert("6-b")], "gap"],
    ["a message has no id of its own", [upsert("")], "malformed"],
    ["an id has no epoch", [upsert("6")], "malformed"],
    ["data is not JSON", [{
      type: "event",
      event: { event: "upsert-flow", data: "{", lastEventId: "6-a" },
    }], "malformed"],
    ["data is no message", [event("upsert-nodes", { type: "upsert-nodes" }, "6-a")], "malformed"],
    ["event and data disagree", [
      event("upsert-flow", { type: "delete-nodes", ids: ["n"] }, "6-a"),
    ], "malformed"],
    ["hello cannot be read", [event("hello", { epoch: "a" })], "malformed"],
    ["a snapshot is due and a message comes", [hello(9, "evicted"), upsert("6-a")], "protocol"],
    [
      "the snapshot has another epoch than its hello",
      [hello(9, "evicted"), snapshot("9-b")],
      "gap",
    ],
    ["a message comes before hello", [lost(1), upsert("6-a")], "protocol"],
    ["the router resumes in another epoch", [lost(1), hello(5, "resumed", "b")], "gap"],
    ["the router resumes before our place", [lost(1), hello(4, "resumed")], "gap"],
  ] satisfies [string, SessionInput[], string][]
) {
  Deno.test(`when ${what}, the place is given up and only a snapshot makes good for it`, () => {
    const { session, effects } = run(inputs, live);
    assertEquals(droppedBy(effects), code);
    assertEquals(session.position, undefined);
    assert(!effects.some((effect) => effect.type === "fold"));

    const again = run([lost(70), hello(9, "new"), snapshot("9-a")], session).session;
    const reason = code === "gap" ? "gap" : "malformed";
    assertEquals(again.connection, { state: "resynced", reason });
  });
}

Deno.test("a message that an emitter posts as snapshot must follow like any other", () => {
  assertEquals(run([snapshot("6-a")], live).session.position, { seq: 6, epoch: "a" });
  assertEquals(droppedBy(run([snapshot("8-a")], live).effects), "gap");
});

Deno.test("a deleted flow starts again from nothing", () => {
  const { session, kinds } = run([event("deleted", {})], live);
  assertEquals(kinds, ["reset", "drop"]);
  const again = run([lost(70), hello(0, "new", "b"), snapshot("0-b")], session).session;
  assertEquals(again.connection, { state: "resynced", reason: "deleted" });
  assertEquals(again.position, { seq: 0, epoch: "b" });
});

Deno.test("events of an unknown name change nothing", () => {
  assertEquals(run([event("weather", { rain: true })], live), {
    session: live,
    effects: [],
    kinds: [],
  });
});

Deno.test("a lost connection is resuming first and stale once an attempt has failed", () => {
  const refused = new SubscribeError("network", "refused");
  const resuming = run([lost(70)], live).session;
  assertEquals(resuming.connection, { state: "resuming", since: 70 });
  const stale = run([lost(80, refused)], resuming).session;
  assertEquals(stale.connection, { state: "stale", since: 70, error: refused });
  const back = run([hello(6, "resumed")], stale).session;
  assertEquals(back.connection, { state: "resuming", since: 70 });
});

Deno.test("a subscription that never met its router is connecting and says why", () => {
  const refused = new SubscribeError("network", "refused");
  const { session } = run([lost(70, refused)]);
  assertEquals(session.connection, { state: "connecting", error: refused });
  assertEquals(run([hello(0, "new")], session).session.connection, { state: "connecting" });
});

Deno.test("failures count attempts that came to nothing or broke the protocol", () => {
  const failures = (inputs: SessionInput[], from = startSession()) =>
    run(inputs, from).session.failures;
  assertEquals(failures([lost(1), lost(2), lost(3)]), 3);
  assertEquals(failures([lost(1), lost(2), hello(0, "new"), lost(3)]), 0);
  assertEquals(failures([lost(1), hello(0, "new"), event("heartbeat", {})]), 0);
  const gap = [upsert("9-a"), lost(1), hello(9, "new"), snapshot("9-a")];
  assertEquals(failures([...gap, upsert("11-a"), lost(2)], live), 2);
});

Deno.test("a closed session stays closed", () => {
  const closed = run([{ type: "close" }], live).session;
  assertEquals(run([lost(1)], closed).session.connection, { state: "closed" });
});

Deno.test("whatever comes in, the place moves by one message or by a snapshot after hello", () => {
  const id = fc.tuple(fc.nat({ max: 6 }), fc.constantFrom("a", "b")).map(([n, e]) => `${n}-${e}`);
  const reasons = fc.constantFrom<HelloReason>("new", "resumed", "evicted", "epoch-changed");
  const any = fc.oneof(
    id.map(upsert),
    id.map(snapshot),
    fc.tuple(fc.nat({ max: 6 }), reasons, fc.constantFrom("a", "b"))
      .map(([seq, reason, epoch]) => hello(seq, reason, epoch)),
    fc.constant(event("heartbeat", {})),
    fc.constant(event("deleted", {})),
    fc.nat().map((at) => lost(at)),
  );
  fc.assert(
    fc.property(fc.array(any, { maxLength: 40 }), (inputs) => {
      let session = startSession();
      let dropped = false;
      for (const input of inputs) {
        // The owner looks at nothing after a drop until it has a new connection.
        if (dropped && input.type === "event") continue;
        const before = session;
        const { session: after, effects } = step(before, input);
        for (const effect of effects) {
          if (effect.type !== "fold") continue;
          assertEquals(after.position, effect.position);
          if (before.expects === "snapshot") assertEquals(effect.message.type, "snapshot");
          else assertEquals(effect.position.seq, (before.position?.seq ?? NaN) + 1);
        }
        const folds = effects.some((effect) => effect.type === "fold");
        if (!folds) assert(after.position === before.position || after.position === undefined);
        dropped = effects.some((effect) => effect.type === "drop");
        assertHonest(after.connection, after);
        session = after;
      }
    }),
    { numRuns: 1_000 },
  );
});

/** What is shown as live must be a place that is known and a stream that is open. */
function assertHonest(connection: Connection, session: Session): void {
  if (connection.state !== "live" && connection.state !== "resynced") return;
  assert(session.known);
  assert(session.hello !== undefined);
}
