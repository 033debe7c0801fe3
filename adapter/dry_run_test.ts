import { assertEquals } from "@std/assert";
import { emptyFlowState, foldInto, snapshotOf } from "../contracts/fold.ts";
import type { FlowMessage } from "../contracts/flow.ts";
import { parseFlowMessage } from "../contracts/parse_message.ts";
import { inProcessFetch } from "../kube/testing/in_process.ts";
import { dryRunFetch } from "./dry_run.ts";
import { ready, wireRelease } from "./flux/testing/release.ts";
import { runAdapter } from "./run.ts";
import { CONFIG, inCluster, RELEASES } from "./testing/cluster_world.ts";

Deno.test("a dry run prints what would be posted, in order, and every change after it", () =>
  inCluster(async ({ api, clock, elapse, put }) => {
    put(wireRelease({ name: "bp-a", conditions: [ready("True", "InstallSucceeded")] }));
    put(wireRelease({ name: "bp-b" }));
    const printed: FlowMessage[] = [];
    const stop = new AbortController();
    const ended = runAdapter(CONFIG, {
      client: { fetch: inProcessFetch(api.handle) },
      log: () => {},
      signal: stop.signal,
      fetch: dryRunFetch((message) => printed.push(message)),
      clock,
      random: () => 0.5,
    });
    await elapse(60_000);
    assertEquals(printed.map(({ type }) => type), ["upsert-nodes", "upsert-rels", "upsert-flow"]);
    api.store.remove(RELEASES, "bp-b", "flux-system");
    await elapse(1_000);
    const state = emptyFlowState("rollout");
    for (const message of printed) {
      foldInto(state, parseFlowMessage(JSON.parse(JSON.stringify(message))));
    }
    assertEquals(snapshotOf(state).nodes.map(({ id, status }) => `${id} ${status}`), [
      "fsn1 succeeded",
      "fsn1/bp-a succeeded",
    ]);
    assertEquals(state.flow.status, "succeeded");
    stop.abort();
    await elapse(1_000);
    await ended;
  }));
