import { assertEquals } from "@std/assert";
import { flowIdOf, runOfFlow } from "./flow_ids.ts";

const RUN = { namespace: "demo", name: "run-1" };

Deno.test("an id leads to its run and back, in a cluster with a name and in one without", () => {
  for (const cluster of [undefined, "fsn1"]) {
    const id = flowIdOf({ cluster }, RUN);
    assertEquals(id, cluster === undefined ? "storyrun:demo:run-1" : "storyrun:fsn1:demo:run-1");
    assertEquals(runOfFlow({ cluster }, id), "demo/run-1");
  }
});

Deno.test("flows of other clusters and of other kinds are nobody's run here", () => {
  const named = { cluster: "fsn1" };
  for (const id of ["storyrun:demo:run-1", "storyrun:hel1:demo:run-1", "rollout-42", "storyrun"]) {
    assertEquals(runOfFlow(named, id), undefined, id);
  }
  for (const id of ["storyrun:fsn1:demo:run-1", "bus:demo:run-1", "storyrun:demo", ""]) {
    assertEquals(runOfFlow({ cluster: undefined }, id), undefined, id);
  }
});
