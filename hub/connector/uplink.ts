import type { Outbound } from "../delivery/outbound.ts";
import { type Outgoing, writeBatch, writeFrame } from "../proto/frame.ts";
import type { WireWriter } from "../proto/wire_writer.ts";
import type { Wire } from "../server/wire.ts";
import { forOriginal } from "./for_original.ts";
import type { Sender } from "./source.ts";

/** A frame to the hub is sent when it has so many messages or bytes. */
const BATCH_MESSAGES = 128;
const BATCH_BYTES = 256 * 1024;

/** The sending half of the leg to the hub, or to the peer that packets go to. */
export class Uplink {
  #open: (Sender & { readonly wire: Wire }) | undefined;
  #writable = true;

  /** @param onSent told how many packets went out, and whether to one of ours */
  constructor(
    readonly outbound: Outbound,
    private readonly writer: WireWriter,
    private readonly onSent: (packets: number, batched: boolean) => void,
  ) {}

  get connected(): boolean {
    return this.#open !== undefined;
  }

  open(wire: Wire, sender: Sender): void {
    this.#open = { wire, ...sender };
    this.#writable = true;
    this.outbound.connect();
  }

  close(): void {
    this.#open = undefined;
    this.outbound.disconnect();
  }

  /** The connection asked to wait, or does not any more. */
  set writable(writable: boolean) {
    this.#writable = writable;
  }

  /** Sends what waits, as far as the other end takes it. */
  flush(now: number): void {
    while (this.#writable && this.#open !== undefined) {
      const { batched } = this.#open;
      const batch: Outgoing[] = [];
      let bytes = 0;
      while (batch.length < (batched ? BATCH_MESSAGES : 1) && bytes < BATCH_BYTES) {
        const next = this.outbound.next(now);
        if (next === undefined) break;
        // A large packet goes alone: with others it might pass what the other end takes.
        if (batch.length > 0 && bytes + next.body.length > BATCH_BYTES) {
          this.#write(batch.splice(0));
          bytes = 0;
        }
        batch.push(batched ? next : forOriginal(next, this.outbound));
        bytes += next.body.length;
      }
      if (batch.length === 0) return;
      this.#write(batch);
    }
  }

  #write(messages: readonly Outgoing[]): void {
    const open = this.#open;
    if (open === undefined) return;
    this.onSent(messages.length, open.batched);
    const frames = open.batched && messages.length > 1
      ? [writeBatch(messages, this.writer)]
      : messages.map((message) => writeFrame(message, this.writer));
    for (const frame of frames) if (!open.wire.write(frame)) this.#writable = false;
  }
}
