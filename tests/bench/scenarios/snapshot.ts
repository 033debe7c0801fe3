import type { Bench } from "../bench.ts";
import { BenchError } from "../errors.ts";
import { latencyOf } from "../histogram.ts";
import { type HttpRequest, httpText } from "../http_text.ts";
import { JSON_BODY } from "../peer.ts";
import { EVENTS_PATH, SNAPSHOT_PATH } from "../peers/headrace.ts";
import { manyNodes, MARKER, nodeMessage } from "../payload.ts";
import type { SnapshotResult } from "../results.ts";

/** Reads a flow of many nodes, `count` times each way. */
export function snapshot(bench: Bench, nodes: number, count: number): Promise<SnapshotResult[]> {
  return bench.start("headrace", async ({ addr, pid }, { subscribe, publish }) => {
    const response = await fetch(`http://${addr}${EVENTS_PATH}`, {
      method: "POST",
      headers: JSON_BODY,
      body: manyNodes(nodes),
    });
    if (!response.ok) {
      throw new BenchError("server", `${nodes} nodes were not taken: ${await response.text()}`);
    }
    await response.body?.cancel();
    // Without a marker: the one in the last node is the end of the snapshot.
    const change = httpText(addr, publish(nodeMessage(0).replace(MARKER, "changed")));
    const measure = async (
      kind: SnapshotResult["kind"],
      request: HttpRequest,
      options: { publish?: string; byMarker?: boolean },
    ): Promise<SnapshotResult> => {
      const subscribe = httpText(addr, request);
      const answer = await bench.load({ mode: "latency", addr, pid, subscribe, count, ...options });
      return { peer: "headrace", nodes, bytes: answer.bytes, kind, ms: latencyOf(answer.answer) };
    };
    const get: HttpRequest = { method: "GET", path: SNAPSHOT_PATH };
    return [
      await measure("get", get, { publish: change }),
      await measure("get-again", get, {}),
      await measure("stream", subscribe, { publish: change, byMarker: true }),
    ];
  });
}
