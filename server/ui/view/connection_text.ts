import type { Connection, ResyncReason } from "../../../client/connection.ts";
import { formatAgo } from "./duration.ts";

/** How a connection is shown. */
export interface ConnectionText {
  /** Colour and shape of the sign. */
  readonly tone: "good" | "busy" | "bad";
  /** One or two words. */
  readonly label: string;
  /** A sentence with the reason, where there is one. */
  readonly detail: string;
  /** What is on the page may be out of date. */
  readonly outdated: boolean;
}

const RESYNCED: Readonly<Record<ResyncReason, string>> = {
  new: "The whole state was taken anew",
  evicted: "Away for too long to get every step; the state is complete again",
  "epoch-changed": "The router was restarted or the flow began anew; the state is complete again",
  unknown: "The router did not know our place; the state is complete again",
  ahead: "The router had lost its latest messages; the state is what it has now",
  gap: "A message was missing; the state is complete again",
  malformed: "A message could not be read; the state is complete again",
  deleted: "The flow was deleted; this is what came after",
};

/**
 * What to show for a connection.
 *
 * @param now Unix milliseconds
 * @param clock writes a Unix time as a time of day
 */
export function connectionText(
  connection: Connection,
  now: number,
  clock: (time: number) => string,
): ConnectionText {
  switch (connection.state) {
    case "connecting":
      return connection.error === undefined
        ? { tone: "busy", label: "Connecting", detail: "", outdated: false }
        : {
          tone: "bad",
          label: "No connection",
          detail: `${sentence(connection.error.message)}. Trying again.`,
          outdated: false,
        };
    case "live":
      return { tone: "good", label: "Live", detail: "", outdated: false };
    case "resynced":
      return { tone: "good", label: "Live", detail: RESYNCED[connection.reason], outdated: false };
    case "resuming":
      return {
        tone: "busy",
        label: "Resuming",
        detail: `Fetching what was missed since ${clock(connection.since)}`,
        outdated: true,
      };
    case "stale": {
      const { since, error } = connection;
      return {
        tone: "bad",
        label: `Stale for ${formatAgo(now - since)}`,
        detail: `This is the picture of ${clock(since)}. ${sentence(error.message)}. Trying again.`,
        outdated: true,
      };
    }
    case "closed":
      return {
        tone: "bad",
        label: "Closed",
        detail: "No longer following this flow",
        outdated: true,
      };
  }
}

/**
 * The moment that the page shows. While contact is lost it stands still: durations that go on would
 * claim that the nodes do.
 *
 * @param now Unix milliseconds
 */
export function pictureTime(connection: Connection, now: number): number {
  return connection.state === "stale" ? Math.min(connection.since, now) : now;
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
