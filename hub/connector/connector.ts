import { ContractError } from "../../contracts/contract_error.ts";
import type { DropReason } from "../buffer/drop.ts";
import { Outbound, type Parcel, type Sendable } from "../delivery/outbound.ts";
import { Receipts } from "../delivery/receipts.ts";
import { type Message, type Outgoing, readFrame, writeBatch, writeFrame } from "../proto/frame.ts";
import { FlowControlSignal, type StreamEnvelope } from "../proto/messages.ts";
import type { Packet } from "../proto/packet.ts";
import { WireError } from "../proto/wire_error.ts";
import { WireWriter } from "../proto/wire_writer.ts";
import { Code } from "../server/refusal.ts";
import type { Wire } from "../server/wire.ts";
import { readData, writeData } from "./data_message.ts";
import { type Delivery, Inbox } from "./inbox.ts";
import type { LegPolicies } from "./leg_policies.ts";

/** A frame to the hub is sent when it has so many messages or bytes. */
const BATCH_MESSAGES = 128;
const BATCH_BYTES = 256 * 1024;
const NO_IDENTITY = new Uint8Array();

/** What the hub said when it took the stream. */
export interface HubAnswer {
  /** Whether it is a hub of ours: reads many messages a frame and acknowledges. */
  readonly batched: boolean;
  /** The stream that it numbers its packets by; undefined for the original. */
  readonly streamId: string | undefined;
}

export interface ConnectorOptions {
  /** Names what this connector numbers; differs with each start of the process. */
  readonly streamId: string;
  readonly policies: LegPolicies;
  /** Milliseconds; only differences count. */
  readonly now: () => number;
}

/**
 * Between one engram and the hub: keeps what either is not there for, acknowledges, and holds either
 * back when the other is slower. Has no clock, no sockets and no timers of its own, and outlives the
 * connections of both sides.
 */
export class Connector {
  readonly outbound: Outbound;
  readonly inbox: Inbox;
  /** Packets given up, by reason, since the start. */
  readonly drops = new Map<DropReason, number>();
  readonly #writer = new WireWriter(64 * 1024);
  #unannounced = new Map<DropReason, number>();
  #receipts: Receipts;
  #hub: (HubAnswer & { readonly wire: Wire }) | undefined;
  #hubWritable = true;
  #connection = 0;
  #held: Parcel[] = [];
  #engram: Wire | undefined;
  #engramWritable = true;
  #engramPaused = false;
  #askedToPause = false;
  #gates = { upstream: true, downstream: true };
  #scheduled = false;

  constructor(readonly options: ConnectorOptions) {
    this.outbound = new Outbound(options.streamId, options.policies.upstream);
    this.inbox = new Inbox(options.policies.inbox);
    this.#receipts = new Receipts(options.policies.ackEvery);
  }

  get hubConnected(): boolean {
    return this.#hub !== undefined;
  }

  /** Whether the hub has everything that the engram sent, as far as the settings promise it. */
  get isDrained(): boolean {
    return this.#held.length === 0 && this.outbound.queue.usage.messages === 0;
  }

  hubOpened(wire: Wire, answer: HubAnswer): void {
    this.#hub = { wire, ...answer };
    this.#hubWritable = true;
    this.#askedToPause = false;
    this.#connection++;
    // A hub that does not name its stream may have restarted: nothing may be said of the old one.
    if (answer.streamId === undefined) this.#receipts = new Receipts(this.#receipts.ackEvery);
    else this.#receipts.only(answer.streamId);
    this.#receipts.reconnect(this.options.now());
    this.outbound.connect();
    this.#schedule();
  }

  /** Takes a frame of the hub; a malformed one ends this connection alone. */
  hubFrame(frame: Uint8Array): void {
    let messages: Message[];
    try {
      messages = readFrame(frame);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      this.#hub?.wire.end(Code.invalidArgument, error.message);
      return;
    }
    for (const { flow, packet } of messages) {
      if (flow !== undefined) this.outbound.flow(flow);
      if (packet !== undefined) this.#arrived(packet);
    }
    this.#schedule();
  }

  hubDrained(): void {
    this.#hubWritable = true;
    this.#schedule();
  }

  hubClosed(): void {
    this.#hub = undefined;
    this.outbound.disconnect();
    this.#schedule();
  }

  /** An engram is there; the one before it, if any, is over. */
  engramOpened(wire: Wire): void {
    const before = this.#engram;
    this.#engram = undefined;
    before?.end(Code.aborted, "superseded by another Data stream");
    for (const delivery of this.inbox.reconnect()) {
      this.#drop("unconfirmed");
      this.#done(delivery);
    }
    this.#engram = wire;
    this.#engramWritable = true;
    this.#engramPaused = false;
    this.#schedule();
  }

  /** Takes a DataRequest; one that is against the contract ends this stream alone. */
  engramFrame(wire: Wire, bytes: Uint8Array): void {
    if (wire !== this.#engram) return;
    try {
      const packet = readData(bytes);
      if (packet !== undefined) this.#held.push(this.#parcel(packet));
    } catch (error) {
      if (!(error instanceof WireError || error instanceof ContractError)) throw error;
      wire.end(Code.invalidArgument, error.message);
      this.engramClosed(wire);
      return;
    }
    this.#takeHeld();
    this.#schedule();
  }

  engramDrained(wire: Wire): void {
    if (wire !== this.#engram) return;
    this.#engramWritable = true;
    this.#schedule();
  }

  engramClosed(wire: Wire): void {
    if (wire === this.#engram) this.#engram = undefined;
  }

  /** The engram is done with a packet; false when it is not one of those that it has. */
  receipt(envelope: StreamEnvelope): boolean {
    const delivery = this.inbox.done(envelope);
    if (delivery === undefined) return false;
    this.#done(delivery);
    this.#schedule();
    return true;
  }

  /** Opens or closes a direction: what comes meanwhile waits. */
  gate(direction: "upstream" | "downstream", open: boolean): void {
    this.#gates[direction] = open;
    this.#schedule();
  }

  /** Acknowledges and expires what is due; call it a few times a second. */
  tick(): void {
    for (const { reason } of this.outbound.expire(this.options.now())) this.#drop(reason);
    this.#flush();
  }

  /** What was dropped since the last call, by reason. */
  announce(): Record<string, number> | undefined {
    if (this.#unannounced.size === 0) return undefined;
    const counts = Object.fromEntries(this.#unannounced);
    this.#unannounced = new Map();
    return counts;
  }

  /** Ends both sides. */
  close(detail: string): void {
    this.#engram?.end(Code.unavailable, detail);
    this.#engram = undefined;
    this.#hub?.wire.end(Code.ok, detail);
    this.hubClosed();
    for (const { reason } of this.outbound.clear("timeout")) this.#drop(reason);
  }

  #parcel(packet: Packet): Parcel {
    const { bytes, start, end, kind, envelope } = packet;
    const body = envelope === undefined
      ? bytes.subarray(start, end)
      : packet.bodyFor(NO_IDENTITY, this.#writer);
    const { chunkId, chunkIndex, chunkCount, chunkBytes, totalBytes, partition } = envelope ?? {};
    return {
      body,
      size: body.length,
      kind,
      at: this.options.now(),
      partition: partition ?? "",
      ...(chunkCount
        ? { chunk: { chunkId, chunkIndex, chunkCount, chunkBytes, totalBytes } as Parcel["chunk"] }
        : {}),
    } as Parcel;
  }

  #arrived(packet: Packet): void {
    const { envelope, size } = packet;
    const arrival = this.#receipts.arrived(envelope);
    if (arrival === "pending") return;
    const delivery = { envelope, size, connection: this.#connection };
    if (arrival === "duplicate") return this.#done({ ...delivery, data: NO_IDENTITY });
    try {
      const data = writeData(packet);
      if (data !== undefined) this.inbox.push({ ...delivery, data });
      else if (envelope?.sequence) this.#done({ ...delivery, data: NO_IDENTITY });
    } catch (error) {
      if (!(error instanceof ContractError)) throw error;
      this.#drop("invalid");
      this.#done({ ...delivery, data: NO_IDENTITY });
    }
  }

  /** Tells the hub of a packet, unless it came from another connection or from a hub before it. */
  #done({ envelope, size, connection }: Delivery): void {
    const numbered = Number(envelope?.sequence ?? 0) > 0;
    if (!numbered && connection !== this.#connection) return;
    const current = this.#hub?.streamId;
    if (numbered && current !== undefined && envelope?.streamId !== current) return;
    this.#receipts.done(envelope, size, this.options.now());
  }

  #takeHeld(): void {
    while (this.#gates.upstream && this.#held[0] !== undefined) {
      const { outcome, drops } = this.outbound.offer(this.#held[0]);
      for (const { reason } of drops) this.#drop(reason);
      if (outcome === "full") break;
      this.#held.shift();
    }
    const pause = this.#held.length > 0 || !this.#gates.upstream;
    if (this.#engram === undefined || pause === this.#engramPaused) return;
    this.#engramPaused = pause;
    if (pause) this.#engram.pause();
    else this.#engram.resume();
  }

  #drop(reason: DropReason): void {
    this.drops.set(reason, (this.drops.get(reason) ?? 0) + 1);
    this.#unannounced.set(reason, (this.#unannounced.get(reason) ?? 0) + 1);
  }

  /** One flush for everything that happens in a turn of the event loop: frames fill up. */
  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      this.#flush();
    });
  }

  #flush(): void {
    this.#toEngram();
    this.#takeHeld();
    this.#toHub();
    // What left has made room.
    if (this.#held.length > 0) this.#takeHeld();
  }

  #toEngram(): void {
    const { keepsUntilDone, waitsForReceipt } = this.options.policies;
    const track = ({ envelope }: Delivery) =>
      waitsForReceipt && Number(envelope?.sequence ?? 0) > 0;
    while (this.#engram !== undefined && this.#engramWritable && this.#gates.downstream) {
      const delivery = this.inbox.next(track, keepsUntilDone);
      if (delivery === undefined) return;
      if (!this.#engram.write(delivery.data)) this.#engramWritable = false;
      if (!track(delivery)) this.#done(delivery);
    }
  }

  #toHub(): void {
    const hub = this.#hub;
    if (hub === undefined) return;
    const now = this.options.now();
    this.#holdHub();
    // Acknowledgements go first and whatever the connection's state: they are what makes room.
    const due = this.#receipts.dueAt;
    if (due !== undefined && due <= now) {
      for (const flow of this.#receipts.take()) this.#write([{ flow }]);
    }
    while (this.#hubWritable && this.#hub !== undefined) {
      const batch: Outgoing[] = [];
      let bytes = 0;
      while (batch.length < (hub.batched ? BATCH_MESSAGES : 1) && bytes < BATCH_BYTES) {
        const next = this.outbound.next(now);
        if (next === undefined) break;
        batch.push(hub.batched ? next : this.#forOriginal(next));
        bytes += next.body.length;
      }
      if (batch.length === 0) return;
      this.#write(batch);
    }
  }

  /** Flow control on the stream, not of it: acknowledgements still have to come through. */
  #holdHub(): void {
    const full = this.inbox.isFull;
    if (full === this.#askedToPause) return;
    this.#askedToPause = full;
    this.#write([{ flow: { signal: full ? FlowControlSignal.pause : FlowControlSignal.resume } }]);
  }

  /** The original never acknowledges: what it took is gone, and our numbers mean nothing to it. */
  #forOriginal({ body, envelope }: Sendable): Outgoing {
    if (envelope === undefined) return { body };
    const { sequence, partition = "", ...rest } = envelope;
    if (sequence) {
      this.outbound.flow(
        partition === "" ? { ack: sequence } : { partitionAcks: [{ partition, ack: sequence }] },
      );
    }
    if (!rest.chunkCount && partition === "") return { body };
    return { body, envelope: partition === "" ? rest : { ...rest, partition } };
  }

  #write(messages: readonly Outgoing[]): void {
    const hub = this.#hub;
    if (hub === undefined) return;
    const frames = hub.batched && messages.length > 1
      ? [writeBatch(messages, this.#writer)]
      : messages.map((message) => writeFrame(message, this.#writer));
    for (const frame of frames) if (!hub.wire.write(frame)) this.#hubWritable = false;
  }
}
