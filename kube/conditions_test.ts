import { assertEquals, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import { type Condition, type ConditionSpec, findCondition, setConditions } from "./conditions.ts";

const NOW = Date.UTC(2026, 10, 21, 3, 30, 0, 123);
const ready = (status: Condition["status"], message = "m"): ConditionSpec => ({
  type: "Ready",
  status,
  reason: "R",
  message,
});

Deno.test("a condition that says what was said before changes nothing", () => {
  const conditions = setConditions([], [ready("True")], { now: NOW, generation: 3 });
  const again = setConditions(conditions, [ready("True")], { now: NOW + 60_000, generation: 3 });
  assertStrictEquals(again, conditions);
  assertEquals(conditions, [{
    type: "Ready",
    status: "True",
    reason: "R",
    message: "m",
    lastTransitionTime: "2026-11-21T03:30:00Z",
    observedGeneration: 3,
  }]);
});

Deno.test("the transition time moves with the status, and with nothing else", () => {
  const status = fc.constantFrom("True" as const, "False" as const, "Unknown" as const);
  const said = fc.record({ status, message: fc.string(), generation: fc.integer({ min: 1 }) });
  fc.assert(fc.property(fc.array(said, { minLength: 1 }), (history) => {
    let conditions: readonly Condition[] = [];
    let since = 0;
    let before: string | undefined;
    for (const [i, { status, message, generation }] of history.entries()) {
      const now = i * 1_000;
      conditions = setConditions(conditions, [ready(status, message)], { now, generation });
      if (status !== before) since = now;
      before = status;
      const condition = findCondition(conditions, "Ready");
      assertEquals(Date.parse(condition?.lastTransitionTime ?? ""), since);
      assertEquals([condition?.message, condition?.observedGeneration], [message, generation]);
    }
    assertEquals(conditions.length, 1);
  }));
});

Deno.test("the conditions of others stay as they are, and in their place", () => {
  const theirs: Condition[] = [
    { type: "Scheduled", status: "True" },
    { type: "Ready", status: "False", reason: "X", lastTransitionTime: "2020-01-01T00:00:00Z" },
    { type: "Degraded", status: "Unknown", message: "who knows" },
  ];
  const after = setConditions(theirs, [ready("False")], { now: NOW, generation: undefined });
  assertEquals(after.map(({ type }) => type), ["Scheduled", "Ready", "Degraded"]);
  assertStrictEquals(after[0], theirs[0]);
  assertStrictEquals(after[2], theirs[2]);
  assertEquals(after[1]?.lastTransitionTime, "2020-01-01T00:00:00Z", "False it was before");
});

Deno.test("a message longer than the schema takes is cut, and stays the same when said again", () => {
  const long = ready("True", "x".repeat(40_000));
  const conditions = setConditions([], [long], { now: NOW, generation: 1 });
  assertEquals(conditions[0]?.message?.length, 2_048);
  assertStrictEquals(setConditions(conditions, [long], { now: NOW, generation: 1 }), conditions);
  for (const start of ["", "x"]) {
    const faces = ready("True", start + "🙂".repeat(2_000));
    const [cut] = setConditions([], [faces], { now: NOW, generation: 1 });
    assertEquals(cut?.message, cut?.message?.toWellFormed(), "no character is cut in two");
  }
});
