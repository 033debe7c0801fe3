import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { subscribe } from "../../client/subscribe.ts";
import type { FlowNode } from "../../contracts/flow.ts";
import { startDemo } from "./start_demo.ts";

/** Releases whose recording holds a new spec: they may leave `succeeded`. */
const CHANGED = ["bp-keycloak", "bp-mimir", "bp-grafana", "bp-tempo", "bp-external-dns"];

Deno.test("the demo shows both rollouts from their first release to the right end", async () => {
  await using demo = await startDemo(["--port", "0", "--speed", "20"]);
  const [, url] = await demo.prints(/(http:\/\/127\.0\.0\.1:\d+)\/\?flow=rollout/);

  const page = await fetch(`${url}/?flow=rollout`, { headers: { Accept: "text/html" } });
  assertStringIncludes(await page.text(), "<title>");

  const statuses = new Map<string, string[]>();
  const stalled: FlowNode[] = [];
  const subscription = subscribe({
    url: url!,
    flowId: "rollout",
    onMessage(message) {
      if (message.type !== "upsert-nodes" && message.type !== "snapshot") return;
      for (const node of message.nodes) {
        const seen = statuses.get(node.id) ?? [];
        if (seen.at(-1) !== node.status) seen.push(node.status);
        statuses.set(node.id, seen);
        if (node.meta?.["state"] === "stalled") stalled.push(node);
      }
    },
  });
  await demo.prints(/The recordings have ended/);
  await demo.prints(/26\/27 done/);
  subscription.close();
  await subscription.closed;

  const { nodes, relationships } = await (await fetch(`${url}/v1/flows/rollout/snapshot`)).json();
  const byId = new Map<string, FlowNode>(nodes.map((node: FlowNode) => [node.id, node]));
  assertEquals(byId.size, 1 + 27 + 1 + 28);

  const keycloak = stalled.find(({ id }) => id === "fsn1/bp-keycloak")!;
  assertEquals([keycloak.status, keycloak.meta!["reason"]], ["failed", "RetriesExceeded"]);
  assertMatch(String(keycloak.meta!["message"]), /Failed to install after \d+ attempt/);
  assertEquals(byId.get("fsn1/bp-keycloak")!.status, "succeeded");
  assertEquals(byId.get("fsn1/bp-grafana")!.meta!["state"], "stalled");
  assertEquals(byId.get("fsn1/bp-tempo")!.meta!["state"], "suspended");
  const waiting = byId.get("hel1/catalyst-platform")!;
  assertEquals([waiting.status, waiting.meta!["blockedBy"]], ["pending", ["hel1/bp-gitea"]]);
  assert(!byId.has("fsn1/bp-external-dns"));
  assert(!JSON.stringify(relationships).includes("fsn1/bp-external-dns"));
  for (const [id, seen] of statuses) {
    if (!id.includes("/") || CHANGED.includes(id.split("/")[1]!)) continue;
    const after = seen.slice(seen.indexOf("succeeded") + 1);
    if (seen.includes("succeeded")) assertEquals(after, [], `${id}: ${seen.join(", ")}`);
  }

  assertEquals(await demo.interrupt(), 0);
});

Deno.test("the demo says what it can do, and what it cannot", async () => {
  const run = async (...args: string[]) => {
    await using demo = await startDemo(args);
    return await demo.output();
  };
  const help = await run("--help");
  assertEquals(help.code, 0);
  assertStringIncludes(help.text, "--speed");
  const unknown = await run("--fast");
  assertEquals([unknown.code, unknown.text], [2, "unknown argument --fast: see --help\n"]);
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const busy = await run("--port", String(taken.addr.port));
  assertEquals(busy.code, 1);
  assertMatch(busy.text, /something else listens there; choose another with --port/);
});
