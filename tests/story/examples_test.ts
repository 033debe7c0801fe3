import { assert, assertEquals } from "@std/assert";
import type { EdgeReport } from "../../story/count/ledger.ts";
import { runStory } from "./run_story.ts";

async function run(name: string): Promise<EdgeReport[]> {
  await using story = await runStory(
    `examples/${name}.yaml`,
    "--for",
    "2s",
    "--json",
    "--no-map",
  );
  const { code, report } = await story.report();
  assertEquals([code, report.unaccounted, report.drained, report.restarts], [0, 0, true, {}]);
  for (const { sent, delivered, dropped, from } of report.edges) {
    const lost = Object.values(dropped).reduce((sum, count) => sum + count, 0);
    assert((sent ?? 0) > 0, `${from} has sent nothing`);
    assertEquals(sent, (delivered ?? 0) + lost);
  }
  return [...report.edges];
}

Deno.test("p2p-chain: connectors talk to each other, and nothing is lost", async () => {
  const edges = await run("p2p-chain");
  assertEquals(
    edges.map(({ from, to, mode, dropped }) => [from, to, mode, dropped]),
    [["numbers", "enrich", "p2p", {}], ["enrich", "store", "p2p", {}]],
  );
  assertEquals(edges[0]?.sent, edges[1]?.delivered);
  for (const { p50, p99 } of edges) assert(p50 !== null && p99 !== null && p50 <= p99);
});

Deno.test("hub-fanout: a condition and a fan-out go through the hub, each packet where it belongs", async () => {
  const [review, vip, archive] = await run("hub-fanout");
  assertEquals(
    [review, vip, archive].map((edge) => [edge?.to, edge?.mode, edge?.via]),
    [["review", "hub", ["is-large"]], ["vip", "hub", []], ["archive", "hub", []]],
  );
  // What the generator puts out begins with 0: a hundred are not large, and a quarter are k0's.
  const all = archive?.sent ?? 0;
  assertEquals([review?.sent, review?.filtered], [all - 100, 100]);
  assertEquals(vip?.sent, Math.ceil(all / 4));
});

Deno.test("slow-consumer: each policy gives up what it says, and block nothing", async () => {
  const edges = await run("slow-consumer");
  const reasons = edges.map(({ mode, dropped }) => [mode, Object.keys(dropped)]);
  assertEquals(reasons, [
    ["hub", ["buffer_full"]],
    ["hub", ["drop_oldest"]],
    ["hub", []],
    ["hub", ["latest_per_key"]],
  ]);
});
