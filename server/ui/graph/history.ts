import type { FlowMessage } from "../../../contracts/flow.ts";
import {
  copyFlowState,
  emptyFlowState,
  type FlowState,
  foldInto,
} from "../../../contracts/fold.ts";

/** Between two copies of the state: a moment is at most so many messages away from one. */
const CHECKPOINT = 64;

/** A flow's messages in order, and the state after each of them. */
export class FlowHistory {
  readonly flowId: string;
  readonly #messages: FlowMessage[] = [];
  readonly #times: number[] = [];
  readonly #checkpoints: FlowState[];

  constructor(flowId: string) {
    this.flowId = flowId;
    this.#checkpoints = [emptyFlowState(flowId)];
  }

  get length(): number {
    return this.#messages.length;
  }

  /** When the message at `index` came about, in Unix milliseconds; never before the one before it. */
  timeAt(index: number): number | undefined {
    return this.#times[index];
  }

  /** @param at when it came; absent for one out of the log, whose time its own nodes tell */
  push(message: FlowMessage, at?: number): void {
    const before = this.#times.at(-1);
    const time = at ?? timeOf(message) ?? before ?? 0;
    this.#messages.push(message);
    this.#times.push(before === undefined ? time : Math.max(before, time));
    if (this.#messages.length % CHECKPOINT === 0) {
      this.#checkpoints.push(this.stateAt(this.#messages.length - 1));
    }
  }

  /** The state after the message at `index`; before the first one it is empty. */
  stateAt(index: number): FlowState {
    const end = Math.min(index + 1, this.#messages.length);
    const nearest = Math.min(Math.floor(end / CHECKPOINT), this.#checkpoints.length - 1);
    const state = copyFlowState(this.#checkpoints[nearest] ?? emptyFlowState(this.flowId));
    for (const message of this.#messages.slice(nearest * CHECKPOINT, end)) foldInto(state, message);
    return state;
  }

  /** The last message that had come by `time`; -1 when none had. */
  indexAt(time: number): number {
    let low = 0;
    let high = this.#times.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#times[middle] ?? 0) <= time) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}

/** The latest moment that a message speaks of. */
function timeOf(message: FlowMessage): number | undefined {
  const times: number[] = [];
  const note = (value: unknown) => {
    const time = typeof value === "string" ? Date.parse(value) : value;
    if (typeof time === "number" && time > 0) times.push(time);
  };
  if (message.type === "upsert-flow" || message.type === "snapshot") {
    note(message.flow.startedAt);
    note(message.flow.endedAt);
  }
  if (message.type === "upsert-nodes" || message.type === "snapshot") {
    for (const { startedAt, endedAt, meta } of message.nodes) {
      note(startedAt);
      note(endedAt);
      note(meta?.["since"]);
    }
  }
  return times.length === 0 ? undefined : times.reduce((a, b) => Math.max(a, b));
}
