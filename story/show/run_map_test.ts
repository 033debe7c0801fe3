import { assertEquals } from "@std/assert";
import { flowMessageSchema } from "../../contracts/flow.ts";
import { ExpressionEngine } from "../../hub/expression/engine.ts";
import { readStoryFile } from "../document/story_file.ts";
import { planLocalRun } from "../plan/run_plan.ts";
import { Ledger } from "../count/ledger.ts";
import { runMap, type RunView } from "./run_map.ts";

const TEXT = `kind: Story
metadata: {name: s}
spec:
  pattern: realtime
  transports: [{name: rt, transportRef: grpc}]
  steps:
    - {name: a, transport: rt, ref: {name: a}}
    - {name: gate, type: condition, needs: [a], if: "{{ gt packet.n 1.0 }}"}
    - {name: b, transport: rt, needs: [gate], ref: {name: b}}
---
{kind: Engram, metadata: {name: a}, spec: {templateRef: {name: headrace-generator}}}
---
{kind: Engram, metadata: {name: b}, spec: {templateRef: {name: headrace-sink}}}
`;
const plan = planLocalRun(
  readStoryFile(TEXT, "s.yaml"),
  new ExpressionEngine({ now: () => 0, random: () => 0 }),
);
const ledger = new Ledger({
  edges: plan.edges,
  steps: [{ id: "a", isSample: true }, { id: "b", isSample: true }],
});
ledger.sample("a", { sent: 10, received: {} });
ledger.sample("b", {
  sent: 0,
  received: { a: { delivered: 6, repeated: 0, p50: 1, p99: 2 } },
});
ledger.connectorDropped("b", { unconfirmed: 2 });
const view: RunView = {
  edges: ledger.edges(),
  steps: ledger.steps(),
  edgeRate: () => 60,
  sentRate: () => 100,
  stateOf: () => "running",
  startedAt: 5,
};

Deno.test("steps say what they carry, and arrows by which way", () => {
  const { flow, nodes, relationships } = runMap(plan, view);
  assertEquals([flow.id, flow.status, flow.startedAt], ["storyrun:default:s-local", "running", 5]);
  assertEquals(
    nodes.map(({ id, status, family, meta }) => [id, status, family, meta?.["state"]]),
    [
      ["a", "running", "generator", "100/s"],
      ["gate", "running", "condition", "in the hub"],
      ["b", "running", "sink", "60/s, 2 dropped"],
    ],
  );
  assertEquals(nodes.map(({ meta }) => meta?.["packets"]), [
    "10 sent",
    undefined,
    "6 received; dropped 2 unconfirmed; p50 1.00 ms, p99 2.00 ms",
  ]);
  assertEquals(relationships.map(({ fromId, toId, label }) => [fromId, toId, label]), [
    ["a", "gate", "hub 100/s"],
    ["gate", "b", "hub 60/s"],
  ]);
});

Deno.test("a step whose process has died is failed, and says so", () => {
  const { nodes } = runMap(plan, {
    ...view,
    stateOf: ({ id }) => id === "b" ? "restarting" : "running",
  });
  assertEquals(nodes.map(({ status }) => status), ["running", "running", "failed"]);
  assertEquals(nodes[2]?.meta?.["reason"], "started again");
});

Deno.test("a run that is over has its end, and counts instead of rates", () => {
  const end = { at: 9, ok: true };
  const { flow, nodes, relationships } = runMap(plan, { ...view, end });
  assertEquals([flow.status, flow.endedAt], ["succeeded", 9]);
  assertEquals(nodes.map(({ status, endedAt }) => [status, endedAt]), [
    ["succeeded", 9],
    ["succeeded", 9],
    ["succeeded", 9],
  ]);
  assertEquals(relationships.map(({ label }) => label), ["hub 10", "hub 6"]);
  assertEquals(runMap(plan, { ...view, end: { at: 9, ok: false } }).flow.status, "failed");
});

Deno.test("a router takes all of it", () => {
  const { flow, nodes, relationships } = runMap(plan, view);
  flowMessageSchema.parse({ type: "snapshot", flow, nodes, relationships });
});
