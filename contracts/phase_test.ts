import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { isSettled, rollUp } from "./phase.ts";

Deno.test("one that failed decides, whatever the others do", () => {
  assertEquals(rollUp(["succeeded", "pending", "running", "failed"]), "failed");
});

Deno.test("all alike are that, and any mix is under way", () => {
  assertEquals(rollUp(["succeeded", "succeeded"]), "succeeded");
  assertEquals(rollUp(["pending", "pending"]), "pending");
  assertEquals(rollUp(["succeeded", "pending", "running"]), "running");
  // Between two polls of its dependencies everything that is left of a rollout waits.
  assertEquals(rollUp(["succeeded", "pending"]), "running");
});

Deno.test("nothing is pending, and a status outside the palette counts as running", () => {
  assertEquals(rollUp([]), "pending");
  assertEquals(rollUp(["succeeded", "paused"]), "running");
  assertEquals(rollUp(["failed", "paused"]), "failed");
});

Deno.test("a roll-up does not depend on the order, and rolling up twice changes nothing", () => {
  const statuses = fc.array(fc.constantFrom("failed", "running", "pending", "succeeded", "other"));
  fc.assert(fc.property(statuses, (list) => {
    assertEquals(rollUp([...list].reverse()), rollUp(list));
    assertEquals(rollUp([rollUp(list)]), rollUp(list));
  }));
});

Deno.test("only succeeded and failed are settled", () => {
  assert(isSettled("succeeded") && isSettled("failed"));
  assert(!isSettled("running") && !isSettled("pending") && !isSettled("other"));
});
