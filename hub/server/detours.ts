import type { DropReason } from "../buffer/drop.ts";
import type { Parcel } from "../delivery/outbound.ts";
import type { Packet } from "../proto/packet.ts";
import { WireError } from "../proto/wire_error.ts";
import { faultReason } from "./dead_letters.ts";
import type { Hub } from "./hub.ts";
import type { Outcome, Route } from "./router.ts";
import type { StepStream } from "./step_stream.ts";

/** Whoever goes on when there is room. */
export interface Waiter {
  proceed(): void;
}

/** One packet on its way to one step. */
interface Detour {
  readonly packet: Packet;
  readonly settled: () => void;
  outcome?: Outcome;
  /** Made when its turn comes, and kept while the step has no room for it. */
  parcel?: Parcel;
}

/**
 * The packets of one source that something has to happen for before a step gets them: a sleep, a
 * child story, a job. Each step has a lane of its own, in which packets keep their order, so that
 * nothing waits for another step's errand. Outlives connections; bounded by the source's buffer, and
 * a source that fills it is held.
 */
export class Detours {
  /** Sessions of the source that wait until there is room here. */
  readonly waiting = new Set<Waiter>();
  readonly #lanes = new Map<string, Detour[]>();
  #messages = 0;
  #bytes = 0;

  constructor(readonly hub: Hub, readonly source: StepStream) {}

  get messages(): number {
    return this.#messages;
  }

  get isFull(): boolean {
    const { maxMessages, maxBytes } = this.source.plan.policies.buffer;
    return this.#messages >= maxMessages || this.#bytes >= maxBytes;
  }

  /** Whether packets wait here for a step, so that a later one has to go behind them. */
  leadTo(step: string): boolean {
    return this.#lanes.has(step);
  }

  /** @param settled called once, when the packet needs nothing more from its producer here */
  add(route: Route, packet: Packet, settled: () => void): void {
    const detour: Detour = { packet: packet.detached(), settled };
    const lane = this.#lanes.get(route.step) ?? [];
    this.#lanes.set(route.step, lane);
    lane.push(detour);
    this.#messages++;
    this.#bytes += packet.size;
    if ("later" in route) {
      void route.later.then((outcome) => {
        detour.outcome = outcome;
        this.#release(route.step);
      });
      return;
    }
    detour.outcome = "error" in route
      ? { kind: "failed", error: route.error }
      : { kind: "send", ...route.replacement && { replacement: route.replacement } };
    this.#release(route.step);
  }

  /** There may be room at the steps that packets here were too many for. */
  proceed(): void {
    for (const step of [...this.#lanes.keys()]) this.#release(step);
  }

  /** Gives up everything that is on its way. */
  clear(reason: DropReason): void {
    for (const [step, lane] of this.#lanes) {
      const to = this.hub.stepOf(this.source, step);
      for (const { parcel, settled } of lane) {
        if (to !== undefined) this.hub.lost(to, reason, this.source.id);
        if (parcel?.settled !== undefined) parcel.settled(false);
        else settled();
      }
    }
    this.#lanes.clear();
    this.#messages = this.#bytes = 0;
  }

  #release(step: string): void {
    const lane = this.#lanes.get(step);
    if (lane === undefined) return;
    for (let first = lane[0]; first?.outcome !== undefined; first = lane[0]) {
      if (!this.#finish(step, first, first.outcome)) return;
      // Settling may have cleared the lane.
      if (lane.shift() === undefined) return;
      this.#messages--;
      this.#bytes -= first.packet.size;
    }
    if (lane.length === 0 && this.#lanes.get(step) === lane) this.#lanes.delete(step);
    if (this.isFull) return;
    const waiting = [...this.waiting];
    this.waiting.clear();
    for (const waiter of waiting) waiter.proceed();
  }

  /** False when the packet has to wait for room. */
  #finish(step: string, detour: Detour, outcome: Outcome): boolean {
    const { hub, source } = this;
    const { settled } = detour;
    const to = hub.stepOf(source, step);
    if (to === undefined) {
      settled();
      return true;
    }
    switch (outcome.kind) {
      case "send":
        return this.#send(to, detour, outcome.replacement);
      case "failed":
        hub.deadLetter(to, source, faultReason(outcome.error), outcome.error);
        break;
      case "dropped":
        hub.lost(to, outcome.reason, source.id);
        break;
      case "output":
        hub.passOn(to, outcome.packet, settled);
        return true;
      case "done":
    }
    settled();
    return true;
  }

  #send(
    to: StepStream,
    detour: Detour,
    replacement: Extract<Outcome, { kind: "send" }>["replacement"],
  ): boolean {
    const { hub, source } = this;
    const { packet, settled } = detour;
    try {
      detour.parcel ??= to.parcel(source.id, packet, hub.now(), hub.writer, replacement, settled);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      hub.deadLetter(to, source, "invalid", error);
      settled();
      return true;
    }
    const { outcome, drops } = to.offer(detour.parcel);
    if (drops.length > 0) hub.dropped(to, drops);
    if (outcome === "full") {
      to.waiting.add(this);
      return false;
    }
    hub.touch(to);
    return true;
  }
}
