import type { FlowMessage } from "../contracts/flow.ts";
import type { FlowLog } from "./log/flow_log.ts";
import type { FlowRegistry } from "./log/flow_registry.ts";
import type { FanOut } from "./stream/fan_out.ts";
import type { Outlet } from "./stream/outlet.ts";

/**
 * The router without HTTP: flows are published to, read, streamed and deleted here, and every
 * accepted message reaches the log, the state and the readers.
 */
export class Router {
  readonly #flows: FlowRegistry;
  readonly #fanOut: FanOut;
  readonly #now: () => number;

  /** @param now Unix time in milliseconds */
  constructor(flows: FlowRegistry, fanOut: FanOut, now: () => number) {
    this.#flows = flows;
    this.#fanOut = fanOut;
    this.#now = now;
  }

  /** Accepts checked messages, all of them, and gives the log with the last one's seq. */
  publish(flowId: string, messages: readonly FlowMessage[]): FlowLog {
    const log = this.#flows.open(flowId);
    log.append(messages, this.#now());
    this.#fanOut.publish(log);
    return log;
  }

  /** The flow's log, or undefined when nothing was ever posted to it. */
  get(flowId: string): FlowLog | undefined {
    return this.#flows.get(flowId);
  }

  /** All flows with how many streams each has. */
  list(): { log: FlowLog; subscribers: number }[] {
    return this.#flows.list().map((log) => ({ log, subscribers: this.#fanOut.subscribers(log) }));
  }

  /** Streams a flow, also one that does not exist yet. */
  subscribe(flowId: string, outlet: Outlet, lastEventId: string | undefined): void {
    const log = this.#flows.open(flowId);
    this.#fanOut.subscribe(log, outlet, lastEventId, () => {
      if (this.#fanOut.subscribers(log) === 0) this.#flows.release(log);
    });
  }

  /** Forgets a flow and ends its streams. Nothing happens when there is none. */
  delete(flowId: string): void {
    const log = this.#flows.delete(flowId);
    if (log !== undefined) this.#fanOut.drop(log);
  }
}
