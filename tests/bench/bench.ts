import type { LoadClient } from "./load_client.ts";
import type { PreparedPeer } from "./peer.ts";
import type { RunningServer } from "./server_process.ts";

/** How long the parts of a measurement take, in milliseconds. */
export interface Times {
  /** Between the last connection and the first message. */
  readonly settleMs: number;
  /** Load that is not measured. */
  readonly warmUpMs: number;
  readonly windowMs: number;
  /** For what is still due after the last message, at most. */
  readonly drainMs: number;
}

/** What the scenarios work with. */
export interface Bench {
  readonly load: LoadClient;
  readonly times: Times;
  /** Messages that a server takes before it is measured: compilers at run time need some to warm up. */
  readonly prelude: number;
  /** Runs `use` against a peer that was started for it alone. */
  start<T>(
    peer: string,
    use: (server: RunningServer, prepared: PreparedPeer) => Promise<T>,
  ): Promise<T>;
}
