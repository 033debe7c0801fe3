import { newEpoch } from "./epoch.ts";
import { FlowLog } from "./flow_log.ts";
import type { RingLimits } from "./ring.ts";

/**
 * The logs of all flows in memory, by flow id. A flow exists once a message was accepted; a reader
 * may wait for one that does not, and its log is then kept while somebody waits.
 */
export class FlowRegistry {
  readonly #logs = new Map<string, FlowLog>();
  readonly #limits: RingLimits;
  readonly #random: (bytes: Uint8Array<ArrayBuffer>) => void;

  /** @param random fills an array with random bytes, for epochs */
  constructor(limits: RingLimits, random: (bytes: Uint8Array<ArrayBuffer>) => void) {
    this.#limits = limits;
    this.#random = random;
  }

  /** The log of a flow that exists. */
  get(flowId: string): FlowLog | undefined {
    const log = this.#logs.get(flowId);
    return log !== undefined && log.seq > 0 ? log : undefined;
  }

  /** The log of a flow, existing or not yet. */
  open(flowId: string): FlowLog {
    let log = this.#logs.get(flowId);
    if (log === undefined) {
      log = new FlowLog(flowId, newEpoch(this.#random), this.#limits);
      this.#logs.set(flowId, log);
    }
    return log;
  }

  /** Forgets a flow that nothing was posted to; called when its last reader leaves. */
  release(log: FlowLog): void {
    if (log.seq === 0 && this.#logs.get(log.flowId) === log) this.#logs.delete(log.flowId);
  }

  /** Forgets a flow and gives its log, if there was one, also when nothing was posted to it yet. */
  delete(flowId: string): FlowLog | undefined {
    const log = this.#logs.get(flowId);
    this.#logs.delete(flowId);
    return log;
  }

  /** All flows that exist, by id. */
  list(): FlowLog[] {
    return [...this.#logs.values()]
      .filter(({ seq }) => seq > 0)
      .sort((a, b) => a.flowId < b.flowId ? -1 : 1);
  }
}
