import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { row } from "../testing/rows.ts";
import { PHASES } from "./phase.ts";
import { type Column, nextSorting, rowOrder } from "./row_order.ts";

const names = (rows: ReturnType<typeof row>[]) => rows.map(({ label }) => label);

Deno.test("without a sorting failed comes first, then running, pending, other, succeeded", () => {
  const rows = [...PHASES].reverse().map((phase) => row({ label: `a ${phase}`, phase }));
  assertEquals(rows.sort(rowOrder(undefined, 0)).map(({ phase }) => phase), [...PHASES]);
});

Deno.test("equal rows come by name, numbers in it by value", () => {
  const rows = ["bp-10", "bp-9", "Bp-1"].map((label) => row({ label }));
  assertEquals(names(rows.sort(rowOrder(undefined, 0))), ["Bp-1", "bp-9", "bp-10"]);
});

Deno.test("a column sorts both ways, and rows without a value come last in both", () => {
  const rows = [
    row({ label: "none" }),
    row({ label: "late", since: 20 }),
    row({ label: "early", since: 10 }),
  ];
  const sorted = (descending: boolean) =>
    names(rows.toSorted(rowOrder({ column: "since", descending }, 0)));
  assertEquals(sorted(false), ["early", "late", "none"]);
  assertEquals(sorted(true), ["late", "early", "none"]);
});

Deno.test("took counts a run that goes on up to now", () => {
  const rows = [
    row({ label: "runs", phase: "running", startedAt: 0 }),
    row({ label: "ran", phase: "succeeded", startedAt: 0, endedAt: 50 }),
  ];
  const sorting = { column: "took", descending: false } as const;
  assertEquals(names(rows.toSorted(rowOrder(sorting, 10))), ["runs", "ran"]);
  assertEquals(names(rows.toSorted(rowOrder(sorting, 90))), ["ran", "runs"]);
});

Deno.test("any sorting gives one order, however the rows came", () => {
  const text = fc.constantFrom("", "a", "B", "b10", "b9", "é");
  const time = fc.option(fc.nat({ max: 5 }), { nil: undefined });
  const rows = fc.uniqueArray(
    fc.record({
      key: fc.string(),
      label: text,
      phase: fc.constantFrom(...PHASES),
      reason: text,
      message: text,
      since: time,
      startedAt: time,
      endedAt: time,
    }).map(row),
    { selector: ({ key }) => key, maxLength: 12 },
  );
  const columns: Column[] = ["state", "name", "reason", "message", "waits", "since", "took"];
  const sorting = fc.option(
    fc.record({ column: fc.constantFrom(...columns), descending: fc.boolean() }),
    { nil: undefined },
  );
  fc.assert(fc.property(rows, sorting, fc.infiniteStream(fc.nat()), (some, by, chance) => {
    const order = rowOrder(by, 7);
    const shuffled = some.map((it) => ({ it, at: chance.next().value ?? 0 }))
      .sort((a, b) => a.at - b.at).map(({ it }) => it);
    assertEquals(shuffled.toSorted(order), some.toSorted(order));
    for (const a of some) for (const b of some) assert(a === b || order(a, b) !== 0);
  }));
});

Deno.test("choosing a column again turns it around, and a third time gives it up", () => {
  const first = nextSorting(undefined, "name");
  const second = nextSorting(first, "name");
  assertEquals(first, { column: "name", descending: false });
  assertEquals(second, { column: "name", descending: true });
  assertEquals(nextSorting(second, "name"), undefined);
  assertEquals(nextSorting(second, "took"), { column: "took", descending: false });
});
