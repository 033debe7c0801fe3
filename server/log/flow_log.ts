import { formatCursor, parseCursor } from "../../contracts/cursor.ts";
import type { FlowMessage } from "../../contracts/flow.ts";
import {
  copyFlowState,
  emptyFlowState,
  type FlowState,
  foldInto,
  snapshotOf,
} from "../../contracts/fold.ts";
import type { Hello, HelloReason } from "../../contracts/hello.ts";
import { encodeSseEvent } from "../../contracts/sse_encode.ts";
import { SharedBytes } from "../stream/shared_bytes.ts";
import { Ring, type RingLimits, type RingSlice } from "./ring.ts";

const encoder = new TextEncoder();

/**
 * A new reader gets the last encoded snapshot when at most this many messages came since, followed
 * by those: encoding 2,000 nodes takes milliseconds, which 1,000 readers in a row must not cost.
 */
const SNAPSHOT_REUSE_MESSAGES = 256;

/** A checked message and its JSON text, which is made once, when the message is checked. */
export interface EncodedMessage {
  readonly message: FlowMessage;
  readonly json: string;
}

/** A message in the log. */
export interface LoggedMessage {
  readonly seq: number;
  readonly type: string;
  readonly json: string;
}

/** The state at one seq, encoded. */
export interface EncodedSnapshot {
  readonly seq: number;
  readonly json: string;
  /** The SSE event; its id is `seq`. */
  readonly shared: SharedBytes;
  /** `json` and a line end, as they stand in `shared`. */
  readonly body: Uint8Array;
}

/** Where a reader starts and what it must be told first. */
export interface Start {
  readonly hello: Hello;
  /** The last message that the reader has, or will have after `snapshot`. */
  readonly seq: number;
  readonly snapshot?: EncodedSnapshot;
}

/** One flow: its recent messages as SSE frames and, beside them, the state that all of them fold to. */
export class FlowLog {
  readonly #ring: Ring;
  readonly #state: FlowState;
  #snapshot: EncodedSnapshot | undefined;
  #updatedAt = 0;
  #usedAt = 0;

  constructor(readonly flowId: string, readonly epoch: string, limits: RingLimits) {
    this.#ring = new Ring(limits);
    this.#state = emptyFlowState(flowId);
  }

  /** Seq of the last accepted message; 0 before the first. */
  get seq(): number {
    return this.#ring.last;
  }

  /** The folded state; the owner is this log, so look but do not change. */
  get state(): Readonly<FlowState> {
    return this.#state;
  }

  /** Bytes that the ring holds. */
  get ringBytes(): number {
    return this.#ring.bytes;
  }

  /** Messages that the ring holds. */
  get ringMessages(): number {
    return this.#ring.last - this.#ring.first + 1;
  }

  /** When the last message was accepted, in Unix milliseconds. */
  get updatedAt(): number {
    return this.#updatedAt;
  }

  /** When the flow was last written or read, in Unix milliseconds. */
  get usedAt(): number {
    return this.#usedAt;
  }

  /** Notes that somebody reads the flow. */
  used(now: number): void {
    this.#usedAt = now;
  }

  /** Whether the state would have at most `maxObjects` nodes and relationships after `messages`. */
  fits(messages: readonly EncodedMessage[], maxObjects: number): boolean {
    const { nodes, relationships } = this.#state;
    const added = messages.reduce((sum, { message }) => sum + objectsIn(message), 0);
    // Far from the bound the sum decides; near it, what is replaced and removed counts too.
    if (nodes.size + relationships.size + added <= maxObjects) return true;
    const after = copyFlowState(this.#state);
    for (const { message } of messages) foldInto(after, message);
    return after.nodes.size + after.relationships.size <= maxObjects;
  }

  /** Accepts messages, in order, and gives the seq of the last. */
  append(messages: readonly EncodedMessage[], now: number): number {
    for (const { message, json } of messages) {
      const id = formatCursor(this.#ring.last + 1, this.epoch);
      this.#ring.push(encodeSseEvent(message.type, json, id));
      foldInto(this.#state, message);
    }
    this.#updatedAt = now;
    this.#usedAt = now;
    return this.#ring.last;
  }

  /** Drops the oldest messages until `bytes` went; the newest stays. */
  shed(bytes: number): void {
    this.#ring.shed(bytes);
  }

  /** The state now. Encoded at most once a seq. */
  snapshot(): EncodedSnapshot {
    if (this.#snapshot?.seq === this.seq) return this.#snapshot;
    const json = JSON.stringify(snapshotOf(this.#state));
    const id = formatCursor(this.seq, this.epoch);
    const shared = new SharedBytes(encoder.encode(encodeSseEvent("snapshot", json, id)));
    const start = encodeSseEvent("snapshot", "", id).length - "\n\n".length;
    return this.#snapshot = {
      seq: this.seq,
      json,
      shared,
      get body() {
        // Of the two line ends that finish an event, one.
        return shared.bytes.subarray(start, -1);
      },
    };
  }

  /** Whether all messages after `seq` can still be sent. */
  has(seq: number): boolean {
    return this.#ring.has(seq);
  }

  /** See {@linkcode Ring.after}. */
  after(seq: number, maxBytes: number): RingSlice {
    return this.#ring.after(seq, maxBytes);
  }

  /** The messages after `seq`, one by one: as many as fit in `maxBytes`, at least one. */
  *messagesAfter(seq: number, maxBytes: number): Generator<LoggedMessage> {
    for (const frame of this.#ring.framesAfter(seq, maxBytes)) {
      // Exactly as `append` wrote it: three lines with a name each, then an empty one.
      const [event, , data] = frame.split("\n", 3) as [string, string, string];
      yield { seq: ++seq, type: event.slice("event: ".length), json: data.slice("data: ".length) };
    }
  }

  /**
   * How a reader that comes with this Last-Event-ID goes on: either exactly the messages that it
   * missed follow, or a snapshot does. Never a part, never in silence.
   */
  start(lastEventId: string | undefined): Start {
    if (lastEventId === undefined) return this.startOver("new");
    const cursor = parseCursor(lastEventId);
    if (cursor === undefined) return this.startOver("unknown");
    if (cursor.epoch !== undefined && cursor.epoch !== this.epoch) {
      return this.startOver("epoch-changed");
    }
    return this.startAt(cursor.seq);
  }

  /** As {@linkcode start}, for a reader whose place in this log is known, or that has none. */
  startAt(seq: number | undefined): Start {
    if (seq === undefined) return this.startOver("new");
    if (seq > this.seq) return this.startOver("ahead");
    if (!this.#ring.has(seq)) return this.startOver("evicted");
    return { hello: this.#hello("resumed"), seq };
  }

  /** The start of a reader that must forget what it knew. */
  startOver(reason: Exclude<HelloReason, "resumed">): Start {
    const cached = this.#snapshot;
    const snapshot = cached !== undefined && this.#ring.has(cached.seq) &&
        this.seq - cached.seq <= SNAPSHOT_REUSE_MESSAGES
      ? cached
      : this.snapshot();
    return { hello: this.#hello(reason), seq: snapshot.seq, snapshot };
  }

  #hello(reason: HelloReason): Hello {
    return { epoch: this.epoch, seq: this.seq, recovered: reason === "resumed", reason };
  }
}

function objectsIn(message: FlowMessage): number {
  switch (message.type) {
    case "snapshot":
      return message.nodes.length + message.relationships.length;
    case "upsert-nodes":
      return message.nodes.length;
    case "upsert-rels":
      return message.relationships.length;
    default:
      return 0;
  }
}
