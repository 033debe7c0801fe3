import { METADATA } from "../../contracts/transport/names.ts";
import type { Parcel } from "../delivery/outbound.ts";
import {
  appendBatch,
  appendFrame,
  type Message,
  type Outgoing,
  readFrame,
} from "../proto/frame.ts";
import { type FlowControl, FlowControlSignal } from "../proto/messages.ts";
import { ascii, type Packet } from "../proto/packet.ts";
import { WireError } from "../proto/wire_error.ts";
import type { Claim } from "./admission.ts";
import { faultReason } from "./dead_letters.ts";
import type { Hub } from "./hub.ts";
import { Code } from "./refusal.ts";
import type { Route } from "./router.ts";
import type { StepStream } from "./step_stream.ts";
import type { Wire } from "./wire.ts";

const HEARTBEAT = ascii(METADATA.heartbeat);
/** A batch is sent when it has so many messages or bytes; more gain nothing measurable. */
const BATCH_MESSAGES = 128;
const BATCH_BYTES = 256 * 1024;

/** One connection of one step: reads what the step sends, writes what waits for it. */
export class Session {
  #backlog: Message[] = [];
  #read = 0;
  /** Parcels of the packet at hand that found no room yet. */
  #held: { to: StepStream; parcel: Parcel }[] = [];
  #paused = false;
  #writable = true;
  #closed = false;
  #signalled = false;
  #holding = false;

  constructor(
    readonly hub: Hub,
    readonly claim: Claim,
    readonly stream: StepStream,
    readonly wire: Wire,
    /** The connection before this one, whose last packets go first. */
    private predecessor: Session | undefined,
  ) {}

  get closed(): boolean {
    return this.#closed;
  }

  /** Whether everything that came over this connection was passed on. */
  get #drained(): boolean {
    return this.#held.length === 0 && this.#read >= this.#backlog.length;
  }

  /** Takes one frame off the wire. A frame that is against the contract ends this stream alone. */
  receive(frame: Uint8Array): void {
    if (this.#closed) return;
    let messages: Message[];
    try {
      messages = readFrame(frame);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      return this.end(Code.invalidArgument, error.message);
    }
    this.hub.monitor.received(messages.length);
    // Acknowledgements do not wait behind packets: they are what makes room.
    for (const { flow, packet } of messages) {
      if (flow !== undefined) this.#flow(flow);
      if (packet !== undefined) this.stream.ledger.received++;
    }
    this.#backlog.push(...messages);
    this.proceed();
  }

  /** Goes on with what came, as far as there is room for it. */
  proceed(): void {
    if (this.predecessor !== undefined) {
      if (!this.predecessor.#drained) {
        this.predecessor.proceed();
        if (!this.predecessor.#drained) return this.#pause(true);
      }
      this.predecessor = undefined;
    }
    if (this.#held.length > 0) {
      this.#held = this.#held.filter(({ to, parcel }) => !this.#offer(to, parcel));
    }
    while (this.#held.length === 0 && this.#read < this.#backlog.length) {
      const { detours } = this.stream;
      if (detours?.isFull) {
        detours.waiting.add(this);
        break;
      }
      const { packet } = this.#backlog[this.#read++]!;
      if (packet !== undefined) this.#process(packet);
    }
    if (this.#read >= this.#backlog.length) {
      this.#backlog = [];
      this.#read = 0;
    }
    this.#pause(!this.#drained);
    if (this.#drained && this.#closed) this.stream.session?.proceed();
  }

  /** Writes what waits for this step, as far as the connection takes it. */
  pump(): void {
    if (!this.#writable || this.#closed) return;
    const { outbound } = this.stream;
    const now = this.hub.now();
    const most = this.claim.batched ? BATCH_MESSAGES : 1;
    let batch: Outgoing[] = [];
    let bytes = 0;
    while (this.#writable) {
      const next = outbound.next(now);
      if (next !== undefined) {
        // A large packet goes alone: with others it might pass what the other end takes.
        if (batch.length > 0 && bytes + next.body.length > BATCH_BYTES) {
          this.#write(batch.splice(0));
          bytes = 0;
        }
        batch.push(next);
        bytes += next.body.length;
        this.stream.delivered++;
        this.stream.ledger.sent++;
        if (batch.length < most && bytes < BATCH_BYTES) continue;
      }
      if (batch.length === 0) break;
      this.#write(batch);
      batch = [];
      bytes = 0;
    }
    // The connection is full: what was taken for a batch goes out with it all the same.
    if (batch.length > 0) this.#write(batch);
    if (this.stream.waiting.size > 0) this.hub.freed(this.stream);
  }

  /** Tells the producer what became of its packets, when it is time. */
  acknowledge(now: number): void {
    const { receipts } = this.stream;
    if (!this.claim.batched || this.#closed) return;
    const due = receipts.dueAt;
    if (due !== undefined && due <= now) this.#write(receipts.take().map((flow) => ({ flow })));
  }

  send(message: Outgoing): void {
    if (!this.#closed) this.#write([message]);
  }

  drainedWire(): void {
    this.#writable = true;
    this.hub.touch(this.stream);
  }

  /**
   * Takes nothing more that its producer can bring again, and asks for no more. Acknowledgements
   * still come through; so do packets that would be lost otherwise.
   */
  hold(): void {
    this.#holding = true;
    if (!this.claim.batched || this.#signalled) return;
    this.#signalled = true;
    this.send({ flow: { signal: FlowControlSignal.pause } });
  }

  /** The hub ends the stream. */
  end(code: Code, detail: string, owner?: string): void {
    if (this.#closed) return;
    this.wire.end(code, detail, owner);
    this.close();
  }

  /** The stream is over. What it brought is still passed on when there is room. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.hub.detach(this);
  }

  #flow(flow: FlowControl): void {
    if (this.stream.outbound.flow(flow)) this.hub.touch(this.stream);
    this.hub.freed(this.stream);
  }

  #process(packet: Packet): void {
    const { stream, hub } = this;
    stream.received++;
    // Only connectors of ours number what they send: the SDK's envelopes are the engram's own.
    const tracked = this.claim.batched && packet.envelope?.sequence ? packet.envelope : undefined;
    if (this.#holding && tracked !== undefined && this.#isKept) return;
    const arrival = stream.receipts.arrived(tracked);
    if (arrival === "pending") return;
    if (arrival === "duplicate") return this.#done(packet);
    if (packet.metadata(HEARTBEAT) === "true") hub.monitor.heartbeat();
    else if (packet.hasContent) return this.#deliver(packet, hub.route(stream, packet));
    this.#done(packet);
  }

  /** Whether the producer keeps what it has sent until it is acknowledged. */
  get #isKept(): boolean {
    return this.stream.plan.policies.delivery.semantics === "at_least_once";
  }

  /** The packet needs nothing more from its producer. */
  #done(packet: Packet): void {
    if (!this.claim.batched) return;
    this.stream.receipts.done(packet.envelope, packet.size, this.hub.now());
    this.hub.settled(this.stream);
  }

  #deliver(packet: Packet, routes: readonly Route[]): void {
    const { hub, stream } = this;
    const now = hub.now();
    stream.routed++;
    let open = 1;
    const settled = () => {
      if (--open === 0) this.#done(packet);
    };
    for (const route of routes) {
      const to = hub.stepOf(stream, route.step);
      if (to === undefined) continue;
      to.routedFrom(stream.id);
      if ("later" in route || stream.detours?.leadTo(route.step)) {
        open++;
        hub.detoursOf(stream).add(route, packet, settled);
        continue;
      }
      if ("error" in route) {
        hub.deadLetter(to, stream, faultReason(route.error), route.error);
        continue;
      }
      try {
        open++;
        const parcel = to.parcel(
          stream.id,
          packet,
          now,
          hub.writer,
          route.replacement,
          settled,
        );
        if (!this.#offer(to, parcel)) this.#held.push({ to, parcel });
      } catch (error) {
        if (!(error instanceof WireError)) throw error;
        open--;
        hub.deadLetter(to, stream, "invalid", error);
      }
    }
    settled();
  }

  /** False when the packet has to wait for room. */
  #offer(to: StepStream, parcel: Parcel): boolean {
    const { outcome, drops } = to.offer(parcel);
    if (drops.length > 0) this.hub.dropped(to, drops);
    if (outcome === "full") {
      to.waiting.add(this);
      return false;
    }
    this.hub.touch(to);
    return true;
  }

  #write(messages: readonly Outgoing[]): void {
    const { writer, monitor } = this.hub;
    if (this.claim.batched && messages.length > 1) {
      appendBatch(messages, writer);
      if (!this.wire.write(writer.peel())) this.#writable = false;
      monitor.sent(messages.length, 1);
      return;
    }
    for (const message of messages) {
      appendFrame(message, writer);
      if (!this.wire.write(writer.peel())) this.#writable = false;
    }
    monitor.sent(messages.length, messages.length);
  }

  #pause(paused: boolean): void {
    if (paused === this.#paused || this.#closed) return;
    this.#paused = paused;
    if (paused) this.wire.pause();
    else this.wire.resume();
    // Not reading holds any producer. A connector of ours is told too, so that it stops reading
    // its engram at once; the original's would drop what its engram sends until RESUME.
    // One that is held for good is not asked to go on.
    if (!this.claim.batched || this.#signalled === paused || this.#holding) return;
    this.#signalled = paused;
    this.send({
      flow: { signal: paused ? FlowControlSignal.pause : FlowControlSignal.resume },
    });
  }
}
