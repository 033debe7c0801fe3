import { LimitError } from "../limit_error.ts";
import { newEpoch } from "./epoch.ts";
import { type EncodedMessage, FlowLog } from "./flow_log.ts";
import type { RingLimits } from "./ring.ts";

/** How many flows there are, and what they keep. */
export interface RegistryLimits {
  readonly maxFlows: number;
  readonly ring: RingLimits;
  /** Bytes that all rings keep together. */
  readonly totalRingBytes: number;
}

/**
 * The logs of all flows in memory, by flow id. A flow exists once a message was accepted; a reader
 * may wait for one that does not, and its log is then kept while somebody waits.
 */
export class FlowRegistry {
  readonly #logs = new Map<string, FlowLog>();
  readonly #limits: RegistryLimits;
  readonly #random: (bytes: Uint8Array<ArrayBuffer>) => void;
  #ringBytes = 0;
  #evictedMessages = 0;

  /** @param random fills an array with random bytes, for epochs */
  constructor(limits: RegistryLimits, random: (bytes: Uint8Array<ArrayBuffer>) => void) {
    this.#limits = limits;
    this.#random = random;
  }

  /** Flows that exist and flows that are waited for. */
  get size(): number {
    return this.#logs.size;
  }

  /** Bytes that all rings keep. */
  get ringBytes(): number {
    return this.#ringBytes;
  }

  /** Messages that left a ring to make room, since the start. */
  get evictedMessages(): number {
    return this.#evictedMessages;
  }

  /** The log of a flow that exists. */
  get(flowId: string): FlowLog | undefined {
    const log = this.#logs.get(flowId);
    return log !== undefined && log.seq > 0 ? log : undefined;
  }

  /**
   * The log of a flow, existing or not yet.
   *
   * @throws {LimitError} when there are too many flows for one more
   */
  open(flowId: string): FlowLog {
    let log = this.find(flowId);
    if (log === undefined) {
      log = new FlowLog(flowId, newEpoch(this.#random), this.#limits.ring);
      this.#logs.set(flowId, log);
    }
    return log;
  }

  /**
   * As {@linkcode open}, without making a log where there is none.
   *
   * @throws {LimitError} when there would be no room for it
   */
  find(flowId: string): FlowLog | undefined {
    const log = this.#logs.get(flowId);
    const { maxFlows } = this.#limits;
    if (log === undefined && this.#logs.size >= maxFlows) {
      throw new LimitError(
        "too-many-flows",
        `there are ${maxFlows} flows already: delete some, or raise FLOW_SERVER_MAX_FLOWS`,
      );
    }
    return log;
  }

  /** Appends to a log; the fullest rings give until all fit again. */
  append(log: FlowLog, messages: readonly EncodedMessage[], now: number): void {
    const before = { bytes: log.ringBytes, gone: log.seq - log.ringMessages };
    log.append(messages, now);
    this.#evictedMessages += log.seq - log.ringMessages - before.gone;
    this.#ringBytes += log.ringBytes - before.bytes;
    if (this.#ringBytes <= this.#limits.totalRingBytes) return;
    // Down to nine tenths, so that the search for the fullest is not repeated with every message.
    const target = this.#limits.totalRingBytes * 0.9;
    const fullestFirst = [...this.#logs.values()].sort((a, b) => b.ringBytes - a.ringBytes);
    for (const fullest of fullestFirst) {
      if (this.#ringBytes <= target) return;
      this.#shed(fullest, this.#ringBytes - target);
    }
  }

  #shed(log: FlowLog, bytes: number): void {
    const before = { bytes: log.ringBytes, messages: log.ringMessages };
    log.shed(bytes);
    this.#ringBytes += log.ringBytes - before.bytes;
    this.#evictedMessages += before.messages - log.ringMessages;
  }

  /** Forgets a flow that nothing was posted to; called when its last reader leaves. */
  release(log: FlowLog): void {
    if (log.seq === 0 && this.#logs.get(log.flowId) === log) this.#logs.delete(log.flowId);
  }

  /** Forgets a flow and gives its log, if there was one, also when nothing was posted to it yet. */
  delete(flowId: string): FlowLog | undefined {
    const log = this.#logs.get(flowId);
    if (log !== undefined) this.#ringBytes -= log.ringBytes;
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
