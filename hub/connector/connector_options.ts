import type { Identity } from "../proto/packet.ts";
import type { LegPolicies } from "./leg_policies.ts";
import type { ConnectorLimits } from "./limits.ts";

export interface ConnectorOptions {
  /** Names what this connector numbers; differs with each start of the process. */
  readonly streamId: string;
  /** Whose engram it is: what comes straight from a peer is addressed here. */
  readonly identity: Identity;
  readonly policies: LegPolicies;
  readonly limits?: ConnectorLimits;
  /** Milliseconds; only differences count. */
  readonly now: () => number;
}
