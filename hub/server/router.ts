import type { Packet, Replacement } from "../proto/packet.ts";
import type { RunPlan } from "../story/run_plan.ts";

/** One consumer of a packet, and what it gets instead of the packet's own payload or inputs. */
export type Route =
  | { readonly step: string; readonly replacement?: Replacement }
  /** A template of the step failed on this packet: the step does not get it, others do. */
  | { readonly step: string; readonly error: Error };

/** Decides which steps a packet goes to. */
export interface Router {
  /**
   * @param source id of the step that sent the packet
   * @returns a promise where a primitive takes time; the source's next packets wait for it
   */
  route(
    plan: RunPlan,
    source: string,
    packet: Packet,
  ): readonly Route[] | Promise<readonly Route[]>;
}
