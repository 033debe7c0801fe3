import { assert, assertEquals, assertGreater, assertLessOrEqual } from "@std/assert";
import fc from "fast-check";
import { WorkQueue } from "./work_queue.ts";

const KEYS = ["a", "b", "c", "d"];
const key = fc.constantFrom(...KEYS);
const step = fc.oneof(
  fc.record({ op: fc.constant("add" as const), key }),
  fc.record({ op: fc.constant("addAt" as const), key, inMs: fc.integer({ min: 0, max: 40 }) }),
  fc.record({ op: fc.constant("take" as const) }),
  fc.record({ op: fc.constant("done" as const), key }),
  fc.record({ op: fc.constant("fail" as const), key }),
  fc.record({ op: fc.constant("wait" as const), ms: fc.integer({ min: 1, max: 60 }) }),
);

/** What the queue promises, in the plainest terms: when each key must run at the latest. */
class Model {
  now = 0;
  readonly owed = new Map<string, number>();
  readonly running = new Set<string>();
  owe(key: string, at: number): void {
    this.owed.set(key, Math.min(this.owed.get(key) ?? Infinity, at));
  }
  due(): string[] {
    return [...this.owed].filter(([key, at]) => at <= this.now && !this.running.has(key))
      .map(([key]) => key);
  }
}

Deno.test("no key is lost, none runs twice at once, none runs before it is due", () => {
  fc.assert(fc.property(
    fc.array(step, { maxLength: 300 }),
    fc.infiniteStream(fc.double({
      min: 0,
      max: 0.999,
      noNaN: true,
    })),
    (steps, randoms) => {
      const queue = new WorkQueue({ random: () => randoms.next().value ?? 0 });
      const model = new Model();
      const take = () => {
        const due = model.due();
        const taken = queue.take(model.now);
        if (taken === undefined) return assertEquals(due, [], "a due key is there to be taken");
        assert(due.includes(taken), `${taken} is due and does not run already`);
        // A run answers for everything before it.
        model.owed.delete(taken);
        model.running.add(taken);
      };
      for (const s of steps) {
        if (s.op === "add") {
          queue.add(s.key);
          model.owe(s.key, model.now);
        } else if (s.op === "addAt") {
          queue.addAt(s.key, model.now + s.inMs);
          model.owe(s.key, model.now + s.inMs);
        } else if (s.op === "take") take();
        else if (s.op === "wait") model.now += s.ms;
        else if (model.running.delete(s.key)) {
          if (s.op === "fail") model.owe(s.key, model.now + queue.retry(s.key, model.now));
          queue.done(s.key);
        }
        const next = queue.nextAt(model.now);
        if (model.due().length > 0) assert(next !== undefined && next <= model.now);
        assertEquals(queue.running, model.running.size);
      }
      for (const key of model.running) queue.done(key);
      model.running.clear();
      model.now = Infinity;
      while (model.owed.size > 0) {
        const before = model.owed.size;
        take();
        assertEquals(model.owed.size, before - 1);
      }
      assertEquals(queue.take(model.now), undefined);
      assertEquals(queue.depth, 0);
    },
  ));
});

Deno.test("keys are taken in the order in which they became due, so none waits for ever", () => {
  const queue = new WorkQueue();
  for (const key of ["a", "b", "c"]) queue.add(key);
  queue.add("a");
  assertEquals([queue.take(0), queue.take(0), queue.take(0), queue.take(0)], [
    "a",
    "b",
    "c",
    undefined,
  ]);
});

Deno.test("a key that is added while it runs runs again, after the run and not beside it", () => {
  const queue = new WorkQueue();
  queue.add("a");
  assertEquals(queue.take(0), "a");
  queue.add("a");
  queue.add("a");
  assertEquals([queue.take(0), queue.depth], [undefined, 1]);
  queue.done("a");
  assertEquals([queue.take(0), queue.take(0)], ["a", undefined]);
  queue.done("a");
  assertEquals([queue.take(0), queue.depth], [undefined, 0]);
});

Deno.test("each failure doubles the delay up to the cap, half of it random", () => {
  fc.assert(fc.property(
    fc.double({ min: 0, max: 0.999, noNaN: true }),
    fc.integer({ min: 0, max: 80 }),
    (random, failures) => {
      const queue = new WorkQueue({ random: () => random, timing: { baseMs: 100, maxMs: 5_000 } });
      for (let i = 0; i < failures; i++) queue.retry("a", 0);
      const delay = queue.retry("a", 0);
      const full = Math.min(5_000, 100 * 2 ** failures);
      assertLessOrEqual(full / 2, delay);
      assertGreater(full, delay);
      assertEquals(queue.failures("a"), failures + 1);
    },
  ));
});

Deno.test("forgetting a key's failures starts its delays anew, and no other key's", () => {
  const queue = new WorkQueue({ random: () => 0, timing: { baseMs: 100 } });
  for (const key of ["a", "a", "a", "b", "b"]) queue.retry(key, 0);
  queue.forget("a");
  assertEquals([queue.retry("a", 0), queue.retry("b", 0)], [50, 200]);
});

Deno.test("an API server that asks for more time gets it", () => {
  const queue = new WorkQueue({ random: () => 0 });
  assertEquals(queue.retry("a", 1_000, 30_000), 30_000);
  assertEquals([queue.nextAt(1_000), queue.take(30_999), queue.take(31_000)], [
    31_000,
    undefined,
    "a",
  ]);
});

Deno.test("news about a key that waits for its retry is not kept waiting", () => {
  const queue = new WorkQueue({ random: () => 0 });
  queue.retry("a", 0, 60_000);
  queue.add("a");
  assertEquals(queue.take(0), "a");
  queue.done("a");
  assertEquals(queue.nextAt(0), undefined, "the run has answered for the retry, too");
});
