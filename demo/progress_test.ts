import { assertEquals } from "@std/assert";
import { emptyFlowState, fold } from "../contracts/fold.ts";
import { progressLines } from "./progress.ts";

const node = (id: string, region: string, status: string, family = "x") => ({
  id: `${region}/${id}`,
  flowId: "f",
  label: id,
  status,
  region,
  family,
});

Deno.test("progress has one line a region, in order, with the failed by name", () => {
  const state = fold(emptyFlowState("f"), {
    type: "upsert-nodes",
    nodes: [
      node("hel1", "hel1", "running", "region"),
      node("a", "hel1", "succeeded"),
      node("b", "fsn1", "failed"),
      node("a", "fsn1", "pending"),
      node("c", "hel1", "running"),
    ],
  });
  assertEquals(progressLines(state), [
    "fsn1     ░░░░░░░░░░░░░░░░░░░░░░░░░░░░  0/2 done, 0 running, 1 waiting, 1 failed: b",
    "hel1     ██████████████░░░░░░░░░░░░░░  1/2 done, 1 running, 0 waiting",
  ]);
});

Deno.test("a flow without nodes has no progress", () => {
  assertEquals(progressLines(emptyFlowState("f")), []);
});
