import type { DropReason } from "../buffer/drop.ts";
import type { Packet, Replacement } from "../proto/packet.ts";
import type { HookEvent } from "../routing/hooks.ts";
import type { RunPlan } from "../story/run_plan.ts";

/** One consumer of a packet, and what it gets instead of the packet's own payload or inputs. */
export type Route =
  | { readonly step: string; readonly replacement?: Replacement }
  /** A template of the step failed on this packet: the step does not get it, others do. */
  | { readonly step: string; readonly error: Error }
  /** Something has to happen first; the promise never rejects. */
  | { readonly step: string; readonly later: Promise<Outcome> };

/** What became of a packet that had to wait on its way to a step. */
export type Outcome =
  /** The step gets it now. */
  | { readonly kind: "send"; readonly replacement?: Replacement }
  | { readonly kind: "failed"; readonly error: Error }
  | { readonly kind: "dropped"; readonly reason: DropReason }
  /** Nothing is to be delivered: what the packet was for has happened. */
  | { readonly kind: "done" }
  /** The step has processed it without a stream of its own; this is what it put out. */
  | { readonly kind: "output"; readonly packet: Packet };

/** A packet that the hub itself sends. */
export interface Announcement {
  readonly packet: Packet;
  readonly routes: readonly Route[];
}

/** Decides which steps a packet goes to. */
export interface Router {
  /** @param source id of the step that sent the packet */
  route(plan: RunPlan, source: string, packet: Packet): readonly Route[];
  /** The packet of a lifecycle hook and the steps that get it; undefined when there are none. */
  announce(plan: RunPlan, event: HookEvent): Announcement | undefined;
  /** The steps whose streams have to be there before a run counts as ready. */
  awaited(plan: RunPlan): readonly string[];
  /** A run is over: what still is under way ends as a drop of this reason. */
  forget(plan: RunPlan, reason: DropReason): void;
}
