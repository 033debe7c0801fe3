import type { DropReason } from "../buffer/drop.ts";
import { LEDGER_HEADER, writeStatement } from "../delivery/leg_ledger.ts";
import type { Claim } from "./admission.ts";
import type { HubRun } from "./hub_run.ts";
import type { HubMonitor } from "./monitor.ts";
import type { StepStream } from "./step_stream.ts";

/**
 * A connector of ours comes and says what passed between it and the hub, or the hub before this one:
 * what was lost on the way is counted.
 *
 * @returns headers of the answer: the same from this side
 */
export function settleAccounts(
  run: HubRun | undefined,
  stream: StepStream,
  { ledger }: Pick<Claim, "ledger">,
  monitor: HubMonitor,
  now: number,
): Record<string, string> {
  if (ledger === undefined || !stream.isBestEffort || run === undefined) return {};
  const lose = (to: StepStream | undefined, packets: number, reason: DropReason) => {
    if (packets > 0) monitor.dropped(reason, packets);
    to?.countLost(reason, packets);
  };
  const { lost, of } = stream.ledger.meet(ledger);
  stream.delivered -= lost;
  lose(stream, lost, "connection_lost");
  for (const loss of of === undefined ? [] : run.estate.tell(run.plan, stream.id, of)) {
    lose(run.step(loss.step, now, () => true), loss.lost, "process_lost");
  }
  return { [LEDGER_HEADER]: writeStatement(stream.ledger.statement()) };
}
