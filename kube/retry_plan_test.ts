import { assert, assertEquals, assertGreaterOrEqual, assertLessOrEqual } from "@std/assert";
import fc from "fast-check";
import { KubeError, type KubeErrorCode } from "./errors.ts";
import { DEFAULT_TIMING, INITIAL_PLAN, nextPlan, type Outcome, type Plan } from "./retry_plan.ts";

const half = () => 0.5;
const watching: Plan = { ...INITIAL_PLAN, action: "watch" };

function failed(
  during: "list" | "watch",
  code: KubeErrorCode,
  more: { advanced?: boolean; lasted?: boolean; retryAfterMs?: number } = {},
): Outcome {
  const { advanced = false, lasted = false, retryAfterMs } = more;
  return {
    kind: "failed",
    during,
    error: new KubeError(code, code, retryAfterMs === undefined ? {} : { retryAfterMs }),
    advanced,
    lasted,
  };
}

const next = (plan: Plan, outcome: Outcome, random = half) =>
  nextPlan(plan, outcome, DEFAULT_TIMING, random);

Deno.test("a loop begins with a list in pages, at once", () => {
  assertEquals([INITIAL_PLAN.action, INITIAL_PLAN.paged, INITIAL_PLAN.delayMs], ["list", true, 0]);
});

Deno.test("a list is followed by a watch, at once", () => {
  const plan = next({ ...INITIAL_PLAN, paged: false }, { kind: "listed" });
  assertEquals([plan.action, plan.paged, plan.delayMs], ["watch", true, 0]);
});

Deno.test("a watch that ended in good order after a while is resumed at once", () => {
  const plan = next({ ...watching, failures: 7 }, {
    kind: "watch-ended",
    advanced: true,
    lasted: true,
  });
  assertEquals([plan.action, plan.delayMs, plan.failures], ["watch", 0, 0]);
});

Deno.test("a watch that was silent to its end is followed by a list, at once", () => {
  const plan = next({ ...watching, failures: 7 }, {
    kind: "watch-ended",
    advanced: false,
    lasted: true,
  });
  assertEquals([plan.action, plan.paged, plan.delayMs, plan.failures], ["list", true, 0, 0]);
});

Deno.test("a server that ends each watch as it opens is asked less and less often", () => {
  let plan = watching;
  const delays: number[] = [];
  for (let i = 0; i < 9; i++) {
    plan = next(plan, { kind: "watch-ended", advanced: false, lasted: false }, () => 1);
    assertEquals(plan.action, i % 3 === 2 ? "list" : "watch");
    delays.push(plan.delayMs);
  }
  assertEquals(delays, [500, 1000, 2000, 4000, 8000, 10_000, 10_000, 10_000, 10_000]);
});

Deno.test("a server that sends one event and ends is still not asked in a tight loop", () => {
  const plan = next(watching, { kind: "watch-ended", advanced: true, lasted: false });
  assertGreaterOrEqual(plan.delayMs, 250);
});

Deno.test("a dropped connection is resumed after a short pause, from where it was", () => {
  const plan = next(
    { ...watching, failures: 9 },
    failed("watch", "unreachable", {
      advanced: true,
    }),
  );
  assertEquals([plan.action, plan.failures, plan.delayMs], ["watch", 1, 375]);
});

Deno.test("an unreachable server is never given up and never needs a list for that alone", () => {
  let plan = watching;
  for (let i = 1; i <= 50; i++) {
    plan = next(plan, failed("watch", "unreachable"));
    assertEquals([plan.action, plan.failures], ["watch", i]);
  }
  assertLessOrEqual(plan.delayMs, DEFAULT_TIMING.backoffMaxMs);
});

Deno.test("410 on a watch means a list: at once the first time, with back-off when it repeats", () => {
  let plan = next(watching, failed("watch", "gone"));
  assertEquals([plan.action, plan.paged, plan.delayMs], ["list", true, 0]);
  plan = next(next(plan, { kind: "listed" }), failed("watch", "gone"));
  assertEquals(plan.action, "list");
  assertGreaterOrEqual(plan.delayMs, 500);
});

Deno.test("410 after a broken connection is obeyed at once, too", () => {
  const plan = next(next(watching, failed("watch", "unreachable")), failed("watch", "gone"));
  assertEquals([plan.action, plan.delayMs], ["list", 0]);
});

Deno.test("410 on a page means one list in a single answer, then pages again", () => {
  let plan = next(INITIAL_PLAN, failed("list", "gone"));
  assertEquals([plan.action, plan.paged, plan.delayMs], ["list", false, 0]);
  plan = next(plan, failed("list", "timeout"));
  assertEquals([plan.action, plan.paged], ["list", true]);
});

Deno.test("401 and 403 are retried slowly once they stay, and do not restart what was held", () => {
  for (const code of ["unauthorized", "forbidden"] as const) {
    for (const during of ["list", "watch"] as const) {
      let plan: Plan = during === "list" ? INITIAL_PLAN : watching;
      const delays: number[] = [];
      for (let i = 0; i < 6; i++) {
        plan = next(plan, failed(during, code));
        assertEquals(plan.action, during);
        delays.push(plan.delayMs);
      }
      assertEquals(delays, [375, 750, 1_500, 3_000, 22_500, 22_500]);
    }
  }
});

Deno.test("a server that denies access when it is back after long is asked again soon", () => {
  let plan = watching;
  for (let i = 0; i < 9; i++) plan = next(plan, failed("watch", "unreachable"));
  assertEquals(plan.delayMs, 7_500);
  const delays: number[] = [];
  for (let i = 0; i < 3; i++) {
    plan = next(plan, failed("watch", "forbidden"));
    delays.push(plan.delayMs);
  }
  assertEquals(delays, [375, 750, 1_500]);
  plan = next(next(plan, { kind: "listed" }), failed("watch", "forbidden"));
  assertEquals(plan.delayMs, 375, "a list that was allowed ends the row");
});

Deno.test("a change that the caller did not take is fetched again by a list", () => {
  const plan = next(watching, failed("watch", "handler-failed", { advanced: true }));
  assertEquals([plan.action, plan.delayMs], ["list", 375]);
});

Deno.test("a missing CRD is asked for at a steady pace, by listing", () => {
  let plan: Plan = watching;
  for (let i = 0; i < 20; i++) {
    plan = next(plan, failed(plan.action, "crd-missing"));
    assertEquals([plan.action, plan.delayMs], ["list", 7_500]);
  }
});

Deno.test("Retry-After is obeyed, spread upwards, and cut to a sane length", () => {
  const asked = (ms: number, random: () => number) =>
    next(watching, failed("watch", "too-many-requests", { retryAfterMs: ms }), random).delayMs;
  assertEquals(asked(7_000, () => 0), 7_000);
  assertEquals(asked(7_000, () => 0.5), 7_700);
  assertEquals(asked(86_400_000, () => 0), 300_000);
  assert(asked(0, () => 0) >= 250, "no less than our own back-off");
});

for (const code of ["bad-response", "server-error", "invalid-request"] as const) {
  Deno.test(`after three resumes in a row that ended in ${code}, the loop lists`, () => {
    const actions: string[] = [];
    let plan = watching;
    for (let i = 0; i < 3; i++) {
      plan = next(plan, failed("watch", code));
      actions.push(plan.action);
    }
    assertEquals(actions, ["watch", "watch", "list"]);
  });
}

Deno.test("progress between failed resumes keeps the loop resuming", () => {
  let plan = watching;
  for (let i = 0; i < 10; i++) {
    plan = next(plan, failed("watch", "server-error", { advanced: true }));
    assertEquals(plan.action, "watch");
  }
});

Deno.test("whatever happens, the pause is finite, and no failure is retried in a tight loop", () => {
  const outcome = fc.oneof(
    fc.constant<Outcome>({ kind: "listed" }),
    fc.record({
      kind: fc.constant("watch-ended" as const),
      advanced: fc.boolean(),
      lasted: fc.boolean(),
    }),
    fc.tuple(
      fc.constantFrom("list" as const, "watch" as const),
      fc.constantFrom<KubeErrorCode>(
        "gone",
        "unreachable",
        "timeout",
        "forbidden",
        "crd-missing",
        "too-many-requests",
        "server-error",
        "bad-response",
        "handler-failed",
      ),
      fc.boolean(),
      fc.option(fc.nat(1e9), { nil: undefined }),
    ).map(([during, code, advanced, retryAfterMs]) =>
      failed(
        during,
        code,
        retryAfterMs === undefined ? { advanced } : {
          advanced,
          retryAfterMs,
        },
      )
    ),
  );
  fc.assert(
    fc.property(
      fc.array(outcome),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      (outcomes, r) => {
        let plan = INITIAL_PLAN;
        let hurried = 0;
        for (const each of outcomes) {
          plan = next(plan, each, () => r);
          assertGreaterOrEqual(plan.delayMs, 0);
          assertLessOrEqual(plan.delayMs, 1.2 * DEFAULT_TIMING.retryAfterMaxMs);
          const good = each.kind === "listed" || (each.kind === "watch-ended" && each.lasted) ||
            (each.kind === "failed" && each.advanced);
          hurried = good || plan.delayMs > 0 ? 0 : hurried + 1;
          assertLessOrEqual(hurried, 1);
        }
      },
    ),
  );
});
