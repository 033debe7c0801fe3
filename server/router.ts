import type { EncodedMessage, FlowLog } from "./log/flow_log.ts";
import type { FlowRegistry } from "./log/flow_registry.ts";
import { LimitError } from "./limit_error.ts";
import type { Connections } from "./stream/connections.ts";
import type { FanOut } from "./stream/fan_out.ts";
import type { Outlet } from "./stream/outlet.ts";

/** What one router takes on. Times in milliseconds. */
export interface RouterLimits {
  readonly maxFlowObjects: number;
  readonly flowTtl: number;
  readonly maxStreams: number;
  readonly maxStreamsPerFlow: number;
  readonly maxStreamsPerAddress: number;
}

/** What a reader asks for. */
export interface StreamRequest {
  readonly flowId: string;
  readonly lastEventId: string | undefined;
  /** The client's address, for the bound on its streams. */
  readonly address: string;
  /** When the stream must end at the latest, on the fan-out's clock; Infinity for no such time. */
  readonly until: number;
}

/**
 * The router without HTTP: flows are published to, read, streamed and deleted here, and every
 * accepted message reaches the log, the state and the readers.
 */
export class Router {
  readonly #flows: FlowRegistry;
  readonly #fanOut: FanOut;
  readonly #connections: Connections;
  readonly #limits: RouterLimits;
  readonly #now: () => number;
  readonly #streamsByAddress = new Map<string, number>();

  /** @param now Unix time in milliseconds */
  constructor(
    flows: FlowRegistry,
    fanOut: FanOut,
    connections: Connections,
    limits: RouterLimits,
    now: () => number,
  ) {
    this.#flows = flows;
    this.#fanOut = fanOut;
    this.#connections = connections;
    this.#limits = limits;
    this.#now = now;
  }

  /**
   * Accepts checked messages, all of them, and gives the log with the last one's seq.
   *
   * @throws {LimitError} accepting none
   */
  publish(flowId: string, messages: readonly EncodedMessage[]): FlowLog {
    const log = this.#flows.open(flowId);
    const { maxFlowObjects } = this.#limits;
    if (!log.fits(messages, maxFlowObjects)) {
      throw new LimitError(
        "flow-too-large",
        `a flow has at most ${maxFlowObjects} nodes and relationships; see FLOW_SERVER_MAX_FLOW_OBJECTS`,
      );
    }
    this.#flows.append(log, messages, this.#now());
    this.#fanOut.publish(log);
    return log;
  }

  /** The flow's log, or undefined when nothing was ever posted to it. */
  get(flowId: string): FlowLog | undefined {
    const log = this.#flows.get(flowId);
    log?.used(this.#now());
    return log;
  }

  /** All flows with how many streams each has. */
  list(): { log: FlowLog; subscribers: number }[] {
    return this.#flows.list().map((log) => ({ log, subscribers: this.#fanOut.subscribers(log) }));
  }

  /**
   * Checks that one more stream may be opened, before its answer begins.
   *
   * @throws {LimitError}
   */
  admit({ flowId, address }: StreamRequest): void {
    const { maxStreams, maxStreamsPerFlow, maxStreamsPerAddress } = this.#limits;
    if (this.#connections.size >= maxStreams) {
      throw new LimitError("too-many-streams", `there are ${maxStreams} open streams already`);
    }
    const log = this.#flows.open(flowId);
    if (this.#fanOut.subscribers(log) >= maxStreamsPerFlow) {
      throw new LimitError(
        "too-many-streams-of-flow",
        `the flow has ${maxStreamsPerFlow} open streams already`,
      );
    }
    if ((this.#streamsByAddress.get(address) ?? 0) >= maxStreamsPerAddress) {
      this.#flows.release(log);
      throw new LimitError(
        "too-many-streams-of-address",
        `your address has ${maxStreamsPerAddress} open streams already`,
      );
    }
  }

  /** Streams a flow, also one that does not exist yet. Call {@linkcode admit} first. */
  subscribe({ flowId, lastEventId, address, until }: StreamRequest, outlet: Outlet): void {
    const log = this.#flows.open(flowId);
    this.#countStream(address, 1);
    this.#fanOut.subscribe(log, outlet, {
      lastEventId,
      until,
      onClose: () => {
        this.#countStream(address, -1);
        log.used(this.#now());
        if (this.#fanOut.subscribers(log) === 0) this.#flows.release(log);
      },
    });
  }

  /** Forgets a flow and ends its streams. Nothing happens when there is none. */
  delete(flowId: string): void {
    const log = this.#flows.delete(flowId);
    if (log !== undefined) this.#fanOut.drop(log);
  }

  /** Forgets flows that nobody wrote or read for long; gives their ids. */
  sweep(): string[] {
    const oldest = this.#now() - this.#limits.flowTtl;
    const idle = this.list()
      .filter(({ log, subscribers }) => subscribers === 0 && log.usedAt < oldest)
      .map(({ log }) => log.flowId);
    for (const flowId of idle) this.delete(flowId);
    return idle;
  }

  #countStream(address: string, change: 1 | -1): void {
    const count = (this.#streamsByAddress.get(address) ?? 0) + change;
    if (count === 0) this.#streamsByAddress.delete(address);
    else this.#streamsByAddress.set(address, count);
  }
}
