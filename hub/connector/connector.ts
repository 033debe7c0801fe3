import { ContractError } from "../../contracts/contract_error.ts";
import type { DropReason } from "../buffer/drop.ts";
import { Outbound, type Parcel } from "../delivery/outbound.ts";
import { type Message, readFrame } from "../proto/frame.ts";
import type { StreamEnvelope } from "../proto/messages.ts";
import type { Statement } from "../delivery/leg_ledger.ts";
import type { Packet } from "../proto/packet.ts";
import { WireError } from "../proto/wire_error.ts";
import { WireWriter } from "../proto/wire_writer.ts";
import { Code } from "../server/refusal.ts";
import type { Wire } from "../server/wire.ts";
import { Accounts } from "./accounts.ts";
import { type Address, addressOf, readData, writeData } from "./data_message.ts";
import type { ConnectorOptions } from "./connector_options.ts";
import { type Delivery, Inbox } from "./inbox.ts";
import { type ConnectorLimits, NO_LIMITS } from "./limits.ts";
import { parcelOf } from "./parcel.ts";
import { type Sender, Source } from "./source.ts";
import { Tally } from "./tally.ts";
import { Uplink } from "./uplink.ts";

/** Between two ticks of a process that runs. */
const LONGEST_TURN_MS = 1_000;
const NO_IDENTITY = new Uint8Array();

/**
 * Between one engram and the hub, or the connectors of the steps after and before it: keeps what
 * either is not there for, acknowledges, and holds either back when the other is slower. Has no
 * clock, no sockets and no timers of its own, and outlives the connections of both sides.
 */
export class Connector {
  readonly outbound: Outbound;
  readonly inbox: Inbox;
  readonly tally = new Tally();
  readonly accounts: Accounts | undefined;
  /** When something last came or went, in milliseconds of `now`. */
  movedAt: number;
  readonly #writer = new WireWriter(64 * 1024);
  readonly #address: Address;
  readonly #fromHub: Source;
  readonly #sources = new Set<Source>();
  readonly #uplink: Uplink;
  #held: Parcel[] = [];
  #engram: Wire | undefined;
  #engramWritable = true;
  #engramPaused = false;
  #engramHeard = 0;
  #ticked: number;
  readonly #limits: ConnectorLimits;
  #gates = { upstream: true, downstream: true };
  #scheduled = false;

  constructor(readonly options: ConnectorOptions) {
    this.#limits = options.limits ?? NO_LIMITS;
    this.movedAt = this.#ticked = options.now();
    this.outbound = new Outbound(options.streamId, options.policies.upstream);
    this.accounts = Accounts.of(options, this.tally);
    this.#uplink = new Uplink(this.outbound, this.#writer, (packets, batched) => {
      this.tally.sent += packets;
      this.accounts?.sent(packets, batched);
      this.#moved();
    });
    this.inbox = new Inbox(options.policies.inbox);
    this.#fromHub = this.source("hub");
    this.#address = addressOf(options.identity);
  }

  /** Makes a way for packets to come to the engram. */
  source(kind: Source["kind"]): Source {
    const source = new Source(kind, this.options.policies.ackEvery, this.accounts?.of(kind));
    this.#sources.add(source);
    return source;
  }

  /** Packets given up, by reason, since the start. */
  get drops(): ReadonlyMap<DropReason, number> {
    return this.tally.drops;
  }

  get hubConnected(): boolean {
    return this.#uplink.connected;
  }

  /** Whether the hub has everything that the engram sent, as far as the settings promise it. */
  get isDrained(): boolean {
    return this.#held.length === 0 && this.outbound.queue.usage.messages === 0;
  }

  /** There is the hub, or the peer that packets go to. */
  hubOpened(wire: Wire, answer: Sender): void {
    this.tally.connections++;
    this.accounts?.hubOpened(answer.ledger);
    this.#uplink.open(wire, answer);
    this.opened(this.#fromHub, wire, answer);
  }

  /** Takes a frame of the hub; a malformed one ends this connection alone. */
  hubFrame(frame: Uint8Array): void {
    this.frame(this.#fromHub, frame);
  }

  /** Packets may come over this wire now. */
  opened(source: Source, wire: Wire, sender: Sender): void {
    source.open(wire, sender, this.options.now());
    this.#schedule();
  }

  /** Takes a frame; false when it is malformed, which has ended its connection and nothing else. */
  frame(source: Source, frame: Uint8Array): boolean {
    let messages: Message[];
    try {
      messages = readFrame(frame);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      source.wire?.end(Code.invalidArgument, error.message);
      return false;
    }
    this.#moved();
    for (const { flow, packet } of messages) {
      if (flow !== undefined && source === this.#fromHub) this.outbound.flow(flow);
      if (packet !== undefined) this.#arrived(source, packet);
    }
    this.#schedule();
    return true;
  }

  hubDrained(): void {
    this.#uplink.writable = true;
    this.#schedule();
  }

  hubClosed(): void {
    this.#uplink.close();
    this.#fromHub.close();
    this.#schedule();
  }

  /** An engram is there, and says what passed if it counts. The one before it, if any, is over. */
  engramOpened(wire: Wire, statement?: Statement): Statement | undefined {
    const before = this.#engram;
    this.#engram = undefined;
    before?.end(Code.aborted, "superseded by another Data stream");
    for (const delivery of this.inbox.reconnect()) {
      // One that counts says itself how much of it it had.
      if (statement === undefined) this.#drop("unconfirmed", "downstream");
      this.#done(delivery);
    }
    const said = this.accounts?.engramOpened(statement);
    this.#engram = wire;
    this.#engramWritable = true;
    this.#engramPaused = false;
    this.#engramHeard = this.options.now();
    this.#schedule();
    return said;
  }

  /** Takes a DataRequest; one that is against the contract ends this stream alone. */
  engramFrame(wire: Wire, bytes: Uint8Array): void {
    if (wire !== this.#engram) return;
    const { policies, now } = this.options;
    this.#engramHeard = now();
    this.#moved();
    try {
      const packet = readData(bytes);
      if (packet !== undefined) {
        this.accounts?.fromEngram();
        const parcel = parcelOf(packet, policies, now(), this.#writer);
        if (parcel.size > this.#limits.packetBytes) this.#drop("oversize");
        else this.#held.push(parcel);
      }
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
    const deliveries = this.inbox.done(envelope, this.options.now());
    for (const delivery of deliveries) this.#done(delivery);
    this.#schedule();
    return deliveries.length > 0;
  }

  /** Opens or closes a direction: what comes meanwhile waits. */
  gate(direction: "upstream" | "downstream", open: boolean): void {
    this.#gates[direction] = open;
    this.#schedule();
  }

  /** Acknowledges and expires what is due; call it a few times a second. */
  tick(): void {
    const now = this.options.now();
    // While this process itself was stopped or starved, it could not hear anybody.
    const stopped = Math.max(0, now - this.#ticked - LONGEST_TURN_MS);
    this.#engramHeard += stopped;
    this.movedAt += stopped;
    this.#ticked = now;
    for (const { reason } of this.outbound.expire(now)) this.#drop(reason);
    this.#giveUp(now);
    this.#repeat();
    this.#flush();
  }

  /** What was dropped since the last call, by reason. */
  announce(): Record<string, number> | undefined {
    return this.tally.announce();
  }

  /** Ends both sides. */
  close(detail: string): void {
    this.#engram?.end(Code.unavailable, detail);
    this.#engram = undefined;
    this.#fromHub.wire?.end(Code.ok, detail);
    this.hubClosed();
    for (const { reason } of this.outbound.clear("timeout")) this.#drop(reason);
  }

  #arrived(source: Source, packet: Packet): void {
    const { envelope, size } = packet;
    const arrival = source.arrived(envelope);
    if (arrival === "pending") return;
    const at = this.options.now();
    const delivery = { source, envelope, size, at, connection: source.connection };
    if (arrival === "duplicate") return this.#done({ ...delivery, data: NO_IDENTITY });
    try {
      const data = writeData(packet, source.kind === "peer" ? this.#address : undefined);
      if (data !== undefined) source.came();
      if (data !== undefined && data.length > this.#limits.dataBytes) {
        this.#drop("oversize", "downstream");
        this.#done({ ...delivery, data: NO_IDENTITY });
      } else if (data !== undefined) {
        this.inbox.push({ ...delivery, data });
        this.tally.received++;
      } else if (envelope?.sequence) this.#done({ ...delivery, data: NO_IDENTITY });
    } catch (error) {
      if (!(error instanceof ContractError || error instanceof WireError)) throw error;
      source.came();
      this.#drop("invalid", "downstream");
      this.#done({ ...delivery, data: NO_IDENTITY });
    }
  }

  #done(delivery: Delivery): void {
    delivery.source.done(delivery, this.options.now());
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
    this.#engramHeard = this.options.now();
    if (pause) this.#engram.pause();
    else this.#engram.resume();
  }

  /** Ends an engram that says nothing any more, and drops what waited for too long where it may. */
  #giveUp(now: number): void {
    const { messageTimeout, sendTimeout } = this.#limits;
    const { upstream, keepsUntilDone } = this.options.policies;
    const silent = !this.#engramPaused && now - this.#engramHeard > messageTimeout;
    if (messageTimeout > 0 && silent && this.#engram !== undefined) {
      this.#engram.end(Code.deadlineExceeded, `the engram said nothing for ${messageTimeout} ms`);
      this.#engram = undefined;
    }
    if (sendTimeout === 0) return;
    while (
      upstream.delivery.semantics === "best_effort" && this.#gates.upstream &&
      this.#held[0] !== undefined && now - this.#held[0].at > sendTimeout
    ) {
      this.#held.shift();
      this.#drop("timeout");
    }
    if (keepsUntilDone) return;
    for (const delivery of this.inbox.expire(now - sendTimeout)) {
      this.#drop("timeout", "downstream");
      this.#done(delivery);
    }
  }

  #moved(): void {
    this.movedAt = this.options.now();
  }

  #drop(reason: DropReason, direction: "upstream" | "downstream" = "upstream"): void {
    this.tally.drop(reason, direction);
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
    for (const source of this.#sources) {
      const writable = source.flush(this.options.now(), this.inbox.isFull, this.#writer);
      if (!writable && source === this.#fromHub) this.#uplink.writable = false;
    }
    this.#uplink.flush(this.options.now());
    // What left has made room.
    if (this.#held.length > 0) this.#takeHeld();
  }

  #toEngram(): void {
    const { keepsUntilDone, waitsForReceipt } = this.options.policies;
    const track = ({ envelope }: Delivery) =>
      waitsForReceipt && Number(envelope?.sequence ?? 0) > 0;
    while (this.#engram !== undefined && this.#engramWritable && this.#gates.downstream) {
      const delivery = this.inbox.next(track, keepsUntilDone, this.options.now());
      if (delivery === undefined) return;
      this.tally.delivered++;
      this.accounts?.toEngram();
      this.#moved();
      if (!this.#engram.write(delivery.data)) this.#engramWritable = false;
      if (!track(delivery)) this.#done(delivery);
    }
  }

  /** Hands over again what the engram should have been done with. */
  #repeat(): void {
    if (this.#engram === undefined || !this.#engramWritable || !this.#gates.downstream) return;
    for (const { delivery, outcome } of this.inbox.overdue(this.options.now())) {
      if (outcome === "expired") this.#drop("expired", "downstream");
      if (outcome !== "again") this.#done(delivery);
      else if (!this.#engram.write(delivery.data)) {
        this.#engramWritable = false;
        return;
      }
    }
  }
}
