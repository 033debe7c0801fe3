import type { EncodedMessage, FlowLog } from "./log/flow_log.ts";
import type { FlowRegistry } from "./log/flow_registry.ts";
import { LimitError } from "./limit_error.ts";
import type { Connections } from "./stream/connections.ts";
import type { FanOut, ManyStream } from "./stream/fan_out.ts";
import type { Outlet } from "./stream/outlet.ts";

/** What one router takes on. Times in milliseconds. */
export interface RouterLimits {
  readonly maxFlowObjects: number;
  readonly flowTtl: number;
  readonly maxStreams: number;
  readonly maxStreamsPerFlow: number;
  readonly maxStreamsPerAddress: number;
  readonly maxFlowsPerStream: number;
}

/** What a reader of one flow asks for. */
export interface StreamRequest extends Client {
  readonly flowId: string;
  readonly lastEventId: string | undefined;
}

/** What a reader of several flows asks for. */
export interface ManyRequest extends Client {
  /** Whether a flow is to be on the stream, now or when it comes to be. */
  readonly wants: (flowId: string) => boolean;
  /** Where a reader that returns is: seq by epoch. */
  readonly cursors: ReadonlyMap<string, number>;
}

interface Client {
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
  readonly #manyStreams = new Map<ManyStream, ManyRequest["wants"]>();

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
      this.#releaseUnused(log);
      throw new LimitError(
        "flow-too-large",
        `a flow has at most ${maxFlowObjects} nodes and relationships; see FLOW_SERVER_MAX_FLOW_OBJECTS`,
      );
    }
    const isNew = log.seq === 0;
    this.#flows.append(log, messages, this.#now());
    this.#fanOut.publish(log);
    if (isNew) this.#announce(log);
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
   * Checks that one more stream of a flow may be opened, before its answer begins.
   *
   * @throws {LimitError}
   */
  admit({ flowId, address }: StreamRequest): void {
    this.#admitClient(address);
    // Not opened yet: what is admitted may still not come to be, and would leave an empty log.
    const log = this.#flows.find(flowId);
    const { maxStreamsPerFlow } = this.#limits;
    if (log !== undefined && this.#fanOut.subscribers(log) >= maxStreamsPerFlow) {
      throw new LimitError(
        "too-many-streams-of-flow",
        `the flow has ${maxStreamsPerFlow} open streams already`,
      );
    }
  }

  /**
   * Checks that one more stream of several flows may be opened, before its answer begins.
   *
   * @throws {LimitError}
   */
  admitMany({ wants, address }: ManyRequest): void {
    this.#admitClient(address);
    const { maxFlowsPerStream } = this.#limits;
    if (this.#wanted(wants).length > maxFlowsPerStream) {
      throw new LimitError(
        "too-many-flows-of-stream",
        `more than ${maxFlowsPerStream} flows for one stream: name fewer, or raise FLOW_SERVER_MAX_FLOWS_PER_STREAM`,
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
        this.#releaseUnused(log);
      },
    });
  }

  /** Streams several flows on one connection. Call {@linkcode admitMany} first. */
  subscribeMany({ wants, cursors, address, until }: ManyRequest, outlet: Outlet): void {
    this.#countStream(address, 1);
    const stream = this.#fanOut.subscribeMany(this.#wanted(wants), outlet, cursors, {
      until,
      onClose: () => {
        this.#countStream(address, -1);
        this.#manyStreams.delete(stream);
      },
    });
    this.#manyStreams.set(stream, wants);
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

  /** Forgets a log that nobody wrote and nobody waits for: nothing else would. */
  #releaseUnused(log: FlowLog): void {
    if (this.#fanOut.subscribers(log) === 0) this.#flows.release(log);
  }

  #wanted(wants: ManyRequest["wants"]): FlowLog[] {
    return this.#flows.list().filter(({ flowId }) => wants(flowId));
  }

  /** A flow has come to be: streams of several flows that want it get it. */
  #announce(log: FlowLog): void {
    for (const [stream, wants] of this.#manyStreams) {
      if (!wants(log.flowId)) continue;
      // Its reader comes back and is told that there are too many; to leave one out would be silent.
      if (stream.size >= this.#limits.maxFlowsPerStream) stream.end();
      else stream.join(log);
    }
  }

  #admitClient(address: string): void {
    const { maxStreams, maxStreamsPerAddress } = this.#limits;
    if (this.#connections.size >= maxStreams) {
      throw new LimitError("too-many-streams", `there are ${maxStreams} open streams already`);
    }
    if ((this.#streamsByAddress.get(address) ?? 0) >= maxStreamsPerAddress) {
      throw new LimitError(
        "too-many-streams-of-address",
        `your address has ${maxStreamsPerAddress} open streams already`,
      );
    }
  }

  #countStream(address: string, change: 1 | -1): void {
    const count = (this.#streamsByAddress.get(address) ?? 0) + change;
    if (count === 0) this.#streamsByAddress.delete(address);
    else this.#streamsByAddress.set(address, count);
  }
}
