import { RouterClient, type RouterOptions } from "../../client/outbox_http.ts";
import { type Clock, sleep } from "../../contracts/clock.ts";
import type { FlowMessage } from "../../contracts/flow.ts";
import { flowListSchema, type FlowSummary } from "../../contracts/flow_summary.ts";
import type { Logger } from "../../contracts/logger.ts";
import { ended } from "./run_flow.ts";

export interface OrphansOptions extends Omit<RouterOptions, "flowId"> {
  /** Whether a flow is one of ours whose run is not there any more. */
  readonly isOrphan: (flowId: string) => boolean;
  readonly log: Logger;
  readonly clock: Clock;
}

/** Until the router is asked again that could not be. */
const RETRY_MS = 60_000;

/**
 * Ends the flows of runs that were deleted while no operator was there to see it: as `cancelled`,
 * now, because nobody knows when. Looks once, and again only as long as the router cannot be asked.
 * Never rejects.
 */
export async function endOrphans(options: OrphansOptions, signal: AbortSignal): Promise<void> {
  const { clock, log } = options;
  let said: string | undefined;
  while (!signal.aborted) {
    try {
      const flows = await listFlows(options, signal);
      const orphans = flows.filter(({ id, endedAt }) =>
        endedAt === undefined && options.isOrphan(id)
      );
      for (const { id } of orphans) await endOne(id, options, signal);
      if (orphans.length > 0) log("INFO", "ended flows of deleted runs", { count: orphans.length });
      return;
    } catch (error) {
      const err = error instanceof Error ? error.message : String(error);
      if (signal.aborted) return;
      if (said !== err) log("WARN", "flows of deleted runs cannot be ended, will retry", { err });
      said = err;
      await sleep(clock, RETRY_MS, signal);
    }
  }
}

async function listFlows(
  { url, token, fetch, timeout, clock }: OrphansOptions,
  signal: AbortSignal,
): Promise<readonly FlowSummary[]> {
  const bearer = typeof token === "function" ? await token() : token;
  const late = new AbortController();
  const cancel = clock.after(
    timeout,
    () => late.abort(new Error(`no answer within ${timeout} ms`)),
  );
  try {
    const response = await fetch(`${String(url).replace(/\/+$/, "")}/v1/flows`, {
      headers: {
        accept: "application/json",
        ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
      },
      redirect: "manual",
      signal: AbortSignal.any([signal, late.signal]),
    });
    // Read in any case: an unread body holds its connection.
    const text = await response.text();
    if (!response.ok) throw new Error(`GET /v1/flows: ${response.status}`);
    return flowListSchema.parse(JSON.parse(text)).flows;
  } finally {
    cancel();
  }
}

async function endOne(
  flowId: string,
  { clock, isOrphan: _, log: __, ...options }: OrphansOptions,
  signal: AbortSignal,
): Promise<void> {
  const client = new RouterClient({ ...options, clock, flowId });
  const answer = await client.snapshot(undefined, signal);
  if (answer.type !== "snapshot" || answer.flow === undefined) return;
  const nodes = [...answer.state.nodes.values()];
  const last = ended({ flow: answer.flow, nodes, relationships: [] }, "cancelled", clock.now());
  const messages: FlowMessage[] = [
    { type: "upsert-flow", flow: last.flow },
    ...(nodes.length === 0 ? [] : [{ type: "upsert-nodes" as const, nodes: [...last.nodes] }]),
  ];
  await client.post(messages, signal);
}
