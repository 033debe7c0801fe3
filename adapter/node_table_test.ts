import { assertEquals } from "@std/assert";
import type { FlowNode } from "../contracts/flow.ts";
import { nodeTable } from "./node_table.ts";

const NOW = 1_000_000_000;
const node = (id: string, status: string, meta: Record<string, unknown> = {}): FlowNode => ({
  id,
  flowId: "dep-1",
  label: id,
  status,
  meta,
});

Deno.test("the table has one aligned line for each node", () => {
  const table = nodeTable([
    node("fsn1", "failed"),
    node("fsn1/bp-cert-manager", "failed", {
      state: "stalled",
      since: NOW - 3 * 3_600_000,
      reason: "RetriesExceeded",
      message: "Failed to install\nafter 1 attempt(s)",
    }),
  ], NOW);
  assertEquals(
    table,
    [
      "NODE                  STATUS  STATE    SINCE  REASON           MESSAGE",
      "fsn1                  failed  -        -      -                -",
      "fsn1/bp-cert-manager  failed  stalled  3h     RetriesExceeded  Failed to install after 1 attempt(s)",
      "",
    ].join("\n"),
  );
});

Deno.test("ages are in their largest unit, and none is negative", () => {
  const since = (age: number) =>
    nodeTable([node("a", "running", { since: NOW - age })], NOW).split("\n")[1]?.split(/\s+/)[3];
  assertEquals(
    [0, 119_000, 120_000, 7_200_000, 172_800_000, 864_000_000, -5_000].map(since),
    ["0s", "119s", "2m", "2h", "2d", "10d", "0s"],
  );
});

Deno.test("a long message is cut", () => {
  const message = nodeTable([node("a", "failed", { message: "x".repeat(500) })], NOW)
    .split("\n")[1]?.split(/\s+/)[5];
  assertEquals([message?.length, message?.endsWith("…")], [80, true]);
});
