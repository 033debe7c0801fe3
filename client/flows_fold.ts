import { parseCursors } from "../contracts/cursor.ts";
import { emptyFlowState, type FlowState, foldInto } from "../contracts/fold.ts";
import type { SseEvent } from "../contracts/sse_decoder.ts";
import { decodeHello } from "./decode_hello.ts";
import { decodeMessage } from "./decode_message.ts";
import { SubscribeError } from "./subscribe_error.ts";

/** Where a flow is: in which incarnation of its log, and at which message; none before its snapshot. */
interface Place {
  readonly epoch: string;
  readonly seq: number | undefined;
}

/**
 * All that a stream of several flows has brought, each flow folded. As with a single flow a place
 * moves by one message or by a snapshot and in no other way.
 */
export class FlowsFold {
  readonly #states = new Map<string, FlowState>();
  readonly #places = new Map<string, Place>();
  #lastEventId: string | undefined;

  /** By flow id. Changes in place. */
  get states(): ReadonlyMap<string, Readonly<FlowState>> {
    return this.#states;
  }

  /** Resumes every flow exactly; undefined when only snapshots can help. */
  get lastEventId(): string | undefined {
    return this.#lastEventId;
  }

  /** The places cannot be trusted: the next stream brings snapshots, and until then this stays. */
  giveUp(): void {
    this.#lastEventId = undefined;
    this.#places.clear();
  }

  /**
   * Takes the next event of the stream.
   *
   * @returns flows that are others than before, or gone
   * @throws {SubscribeError} `gap` or `malformed`, after which the fold has to be given up
   */
  take({ event, data, lastEventId }: SseEvent): readonly string[] {
    const changed = this.#take(event, data, lastEventId);
    if (lastEventId !== "") this.#lastEventId = lastEventId;
    return changed;
  }

  #take(event: string, data: string, lastEventId: string): readonly string[] {
    switch (event) {
      case "hello":
        return this.#hello(parseObject(data));
      case "deleted":
        return this.#forget(textOf(parseObject(data), "flowId"));
      case "snapshot":
      case "upsert-flow":
      case "upsert-nodes":
      case "upsert-rels":
      case "delete-nodes":
      case "delete-rels":
        return this.#message(event, parseObject(data), lastEventId);
      default:
        return [];
    }
  }

  #hello(hello: Record<string, unknown>): readonly string[] {
    const flows = hello["flows"];
    if (!Array.isArray(flows)) throw malformed("hello lists no flows");
    const listed = new Set<string>();
    for (const flow of flows) {
      const start = decodeHello(flow);
      if (start === undefined) throw malformed("hello cannot be read");
      const flowId = textOf(flow, "flowId");
      listed.add(flowId);
      const place = this.#places.get(flowId);
      if (!start.recovered) this.#places.set(flowId, { epoch: start.epoch, seq: undefined });
      else if (place?.epoch !== start.epoch || place.seq === undefined) {
        throw new SubscribeError("gap", `${flowId} goes on where this reader has not been`);
      }
    }
    if (hello["complete"] !== true) return [];
    return [...this.#states.keys()].filter((id) => !listed.has(id)).flatMap((id) =>
      this.#forget(id)
    );
  }

  #message(type: string, data: Record<string, unknown>, id: string): readonly string[] {
    const flowId = textOf(data, "flowId");
    const place = this.#places.get(flowId);
    const seq = place && parseCursors(id)?.get(place.epoch);
    const follows = place !== undefined && seq !== undefined &&
      (place.seq === undefined ? type === "snapshot" : seq === place.seq + 1);
    if (!follows) throw new SubscribeError("gap", `${type} of ${flowId} does not follow`);
    const message = decodeMessage(data);
    if (message?.type !== type) throw malformed(`${type} of ${flowId} cannot be read`);
    let state = this.#states.get(flowId);
    if (state === undefined) this.#states.set(flowId, state = emptyFlowState(flowId));
    foldInto(state, message);
    this.#places.set(flowId, { ...place, seq });
    return [flowId];
  }

  #forget(flowId: string): readonly string[] {
    this.#places.delete(flowId);
    return this.#states.delete(flowId) ? [flowId] : [];
  }
}

function parseObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null) return value as Record<string, unknown>;
  } catch {
    // Not JSON and not the right JSON are the same to the reader.
  }
  throw malformed("an event's data is no object");
}

function textOf(value: Record<string, unknown>, key: string): string {
  const text = value[key];
  if (typeof text !== "string") throw malformed(`an event has no ${key}`);
  return text;
}

function malformed(message: string): SubscribeError {
  return new SubscribeError("malformed", message);
}
