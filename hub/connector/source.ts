import type { LegLedger, Statement } from "../delivery/leg_ledger.ts";
import { Receipts } from "../delivery/receipts.ts";
import { writeFrame } from "../proto/frame.ts";
import { type FlowControl, FlowControlSignal, type StreamEnvelope } from "../proto/messages.ts";
import type { WireWriter } from "../proto/wire_writer.ts";
import type { Wire } from "../server/wire.ts";
import type { Delivery } from "./inbox.ts";

/** Who is at the other end of a leg. */
export interface Sender {
  /** Whether it is one of ours: reads many messages a frame, acknowledges and is acknowledged. */
  readonly batched: boolean;
  /** The stream that it numbers its packets by; undefined for the original. */
  readonly streamId: string | undefined;
  /** What it says of the packets that went either way; undefined where they are acknowledged. */
  readonly ledger?: Statement | undefined;
}

interface Connection extends Sender {
  readonly wire: Wire;
}

/**
 * The receiving half of a leg: which packets came for the engram from the hub, or from a step
 * before it, and what their sender is told. Outlives its connections.
 */
export class Source {
  #receipts: Receipts;
  #open: Connection | undefined;
  #connections = 0;
  #held = false;

  /**
   * @param kind the original's hub reads acknowledgements and buffers on PAUSE; its connectors
   * ignore the former and drop what their engram says on the latter, so that neither is sent to a
   * peer that is not ours
   * @param ledger counts what comes; undefined where packets are acknowledged
   */
  constructor(
    readonly kind: "hub" | "peer",
    ackEvery: Receipts["ackEvery"],
    readonly ledger?: LegLedger,
  ) {
    this.#receipts = new Receipts(ackEvery);
  }

  /** Counts the connections: what came over one is not told over another. */
  get connection(): number {
    return this.#connections;
  }

  get wire(): Wire | undefined {
    return this.#open?.wire;
  }

  open(wire: Wire, { batched, streamId }: Sender, now: number): void {
    this.#open = { wire, batched, streamId };
    this.#held = false;
    this.#connections++;
    // A sender that does not name its stream may have restarted: nothing may be said of the old one.
    if (streamId === undefined) this.#receipts = new Receipts(this.#receipts.ackEvery);
    else this.#receipts.only(streamId);
    this.#receipts.reconnect(now);
  }

  close(): void {
    this.#open = undefined;
  }

  /** A packet came for the engram. */
  came(): void {
    if (this.ledger !== undefined) this.ledger.received++;
  }

  /** Whether a packet is new, or came before: then it is `pending`, or a `duplicate` and done. */
  arrived(envelope: StreamEnvelope | undefined): ReturnType<Receipts["arrived"]> {
    return this.#receipts.arrived(this.#tells ? envelope : undefined);
  }

  /** A packet needs nothing more, unless it came from another connection or from a sender before. */
  done({ envelope, size, connection }: Delivery, now: number): void {
    const numbered = Number(envelope?.sequence ?? 0) > 0;
    if (!numbered && connection !== this.#connections) return;
    const current = this.#open?.streamId;
    if (numbered && current !== undefined && envelope?.streamId !== current) return;
    this.#receipts.done(envelope, size, now);
  }

  /**
   * Says what is due, whatever the connection's state: acknowledgements are what makes room.
   *
   * @param full whether the engram has no room for more
   * @returns false when the connection asks to wait
   */
  flush(now: number, full: boolean, writer: WireWriter): boolean {
    const open = this.#open;
    if (open === undefined) return true;
    const flows: FlowControl[] = [];
    if (full !== this.#held) {
      this.#held = full;
      const signal = full ? FlowControlSignal.pause : FlowControlSignal.resume;
      if (this.#tells) flows.push({ signal });
      // Nothing but packets comes from a peer, while the hub's acknowledgements have to come through.
      if (this.kind === "peer") full ? open.wire.pause() : open.wire.resume();
    }
    const due = this.#receipts.dueAt;
    if (this.#tells && due !== undefined && due <= now) flows.push(...this.#receipts.take());
    return flows.map((flow) => open.wire.write(writeFrame({ flow }, writer))).every(Boolean);
  }

  get #tells(): boolean {
    return this.kind === "hub" || this.#open?.batched === true;
  }
}
