import type { FlowPolicy } from "../../contracts/transport/policies.ts";

interface InFlight {
  readonly sent: { readonly sequence: number; readonly size: number }[];
  bytes: number;
}

/**
 * What one connection was sent and has not acknowledged, by counter, against the width of a window:
 * so many messages and bytes. Without flow control by window there is no limit.
 */
export class SendWindow {
  readonly #inFlight = new Map<string, InFlight>();
  readonly #isOpen: boolean;

  constructor(readonly flow: FlowPolicy) {
    this.#isOpen = flow.mode !== "window";
  }

  /** Whether one more may go; one that is larger than the whole window goes alone. */
  admits(counter: string, size: number): boolean {
    const inFlight = this.#isOpen ? undefined : this.#inFlight.get(counter);
    if (inFlight === undefined || inFlight.sent.length === 0) return true;
    const { initialMessages, initialBytes } = this.flow;
    return inFlight.sent.length < initialMessages && inFlight.bytes + size <= initialBytes;
  }

  /** A packet without a number (0) is never acknowledged, and so not waited for. */
  sent(counter: string, sequence: number, size: number): void {
    if (this.#isOpen || sequence === 0) return;
    let inFlight = this.#inFlight.get(counter);
    if (inFlight === undefined) this.#inFlight.set(counter, inFlight = { sent: [], bytes: 0 });
    inFlight.sent.push({ sequence, size });
    inFlight.bytes += size;
  }

  acknowledged(counter: string, ack: number): void {
    const inFlight = this.#inFlight.get(counter);
    if (inFlight === undefined) return;
    const kept = inFlight.sent.findIndex(({ sequence }) => sequence > ack);
    const gone = inFlight.sent.splice(0, kept === -1 ? inFlight.sent.length : kept);
    for (const { size } of gone) inFlight.bytes -= size;
  }

  /** A new connection: what the one before did not acknowledge will not be by it. */
  clear(): void {
    this.#inFlight.clear();
  }
}
