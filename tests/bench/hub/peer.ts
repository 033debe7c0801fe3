import type { Place, ServerCommand, Workshop } from "../peer.ts";

/** How messages travel: one a gRPC message as in the protocol, or many as between ours. */
export const LEGS = ["plain", "batched"] as const;
export type Leg = typeof LEGS[number];

/** What every hub of a run is given. */
export interface Setting {
  /** Folder of `ca.crt`, `tls.crt` and `tls.key`; undefined without TLS. */
  readonly certificates: string | undefined;
  /** File with the Story and its runs, for a hub that reads such. */
  readonly stories: string;
}

/** A hub that takes part: it carries what step `a` of a run sends to the run's step `b`. */
export interface HubPeer {
  /** As in `--only`. */
  readonly name: string;
  /** As in the tables. */
  readonly label: string;
  readonly legs: readonly Leg[];
  /**
   * Builds or finds what the hub needs.
   *
   * @throws {BenchError} `unavailable` when it cannot be had here
   */
  prepare(workshop: Workshop): Promise<PreparedHub>;
}

/** A hub that can be started. */
export interface PreparedHub {
  /** As the tables name it beside the label. */
  readonly version: string;
  command(place: Place, setting: Setting): ServerCommand;
}
