import type { RoutingMode } from "../../contracts/transport/topology.ts";

/** A way that packets take from one engram to another. */
export interface Edge {
  readonly from: string;
  readonly to: string;
  readonly mode: RoutingMode;
  /** Why this mode, as a sentence for people. */
  readonly why: string;
  /** Primitives on the way, which the hub evaluates. */
  readonly via: readonly string[];
  /** Whether it depends on the packet, so that not all that `from` puts out comes this way. */
  readonly isConditional: boolean;
}
