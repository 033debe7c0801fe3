import { assertStringIncludes } from "@std/assert";
import { Controller } from "./controller.ts";
import { OperatorMetrics } from "./metrics.ts";

Deno.test("metrics show every outcome from the start, and what is held at the moment", async () => {
  const metrics = new OperatorMetrics();
  const controller = new Controller({
    kind: "StoryRun",
    reconcile: () => Promise.resolve({}),
    log: () => {},
  });
  metrics.observe([controller], [{ kind: "Story", status: { state: "synced", objects: 3 } }]);
  controller.enqueue("a");
  metrics.reconciled("StoryRun", "conflict", 0.02);
  const text = await metrics.registry.metrics();
  for (
    const line of [
      'headrace_reconcile_total{kind="StoryRun",result="success"} 0',
      'headrace_reconcile_total{kind="StoryRun",result="conflict"} 1',
      'headrace_reconcile_duration_seconds_bucket{le="0.05",kind="StoryRun"} 1',
      'headrace_workqueue_depth{kind="StoryRun"} 1',
      'headrace_cached_objects{kind="Story"} 3',
    ]
  ) assertStringIncludes(text, line);
});
