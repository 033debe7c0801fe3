import { assert, assertEquals, assertFalse } from "@std/assert";
import { drain } from "./drain.ts";

Deno.test("a run is drained when all is accounted for and nothing new comes", async () => {
  // The third look finds what an engram has sent on since the second.
  const counts = [[5, 3], [5, 5], [6, 6], [6, 6], [9, 0]];
  let looks = 0;
  const run = {
    look: () => Promise.resolve(void looks++),
    edges() {
      const [sent = 0, delivered = 0] = counts[looks - 1] ?? [];
      return [{ sent, delivered, unaccounted: sent - delivered }];
    },
  };
  assert(await drain(run, 60_000));
  assertEquals(looks, 4);
});

Deno.test("what stays away does not hold the end for longer than it was told", async () => {
  const run = {
    look: () => Promise.resolve(),
    edges: () => [{ sent: 2, delivered: 1, unaccounted: 1 }],
  };
  assertFalse(await drain(run, 1));
});
