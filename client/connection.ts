import type { HelloReason } from "../contracts/hello.ts";
import type { SubscribeError } from "./subscribe_error.ts";

/** Why the whole state was taken anew instead of the messages that were missed. */
export type ResyncReason = Exclude<HelloReason, "resumed"> | "gap" | "malformed" | "deleted";

/**
 * How far what the reader holds can be trusted. Times are Unix milliseconds.
 * - `connecting`: nothing has been received yet; `error` says why the last attempt failed
 * - `live`: everything up to now
 * - `resynced`: as live, but what lay in between was skipped; turns live with the next heartbeat
 * - `resuming`: contact was lost at `since`; a first new attempt is under way or the missed messages
 *   are coming in
 * - `stale`: contact was lost at `since` and cannot be had again, see `error`
 * - `closed`: the subscription has ended
 */
export type Connection =
  | { readonly state: "connecting"; readonly error?: SubscribeError }
  | { readonly state: "live" }
  | { readonly state: "resynced"; readonly reason: ResyncReason }
  | { readonly state: "resuming"; readonly since: number }
  | { readonly state: "stale"; readonly since: number; readonly error: SubscribeError }
  | { readonly state: "closed" };

/**
 * The connection after a loss of contact.
 *
 * @param at when the router was last heard
 * @param failed why, when the attempt came to nothing at all
 */
export function afterLoss(
  connection: Connection,
  at: number,
  failed: SubscribeError | undefined,
): Connection {
  switch (connection.state) {
    case "closed":
      return connection;
    case "connecting":
      return failed === undefined ? connection : { state: "connecting", error: failed };
    default: {
      const since = "since" in connection ? connection.since : at;
      if (failed !== undefined) return { state: "stale", since, error: failed };
      return "since" in connection ? connection : { state: "resuming", since };
    }
  }
}
