import { parseCursor } from "../contracts/cursor.ts";
import type { FlowMessage } from "../contracts/flow.ts";
import type { Hello, HelloReason } from "../contracts/hello.ts";
import type { SseEvent } from "../contracts/sse_decoder.ts";
import { afterLoss, type Connection, type ResyncReason } from "./connection.ts";
import { decodeHello } from "./decode_hello.ts";
import { decodeMessage } from "./decode_message.ts";
import { SubscribeError, type SubscribeErrorCode } from "./subscribe_error.ts";

/** A place in the log of a flow, with the log's incarnation. */
export interface Position {
  readonly seq: number;
  readonly epoch: string;
}

/** Where a subscription stands, without what was folded. */
export interface Session {
  /** What the open connection must bring next; heartbeats may come at any time. */
  readonly expects: "hello" | "snapshot" | "tail";
  /** Up to where everything is folded; absent when only a snapshot can help. */
  readonly position: Position | undefined;
  /** The last hello of the open connection. */
  readonly hello: Hello | undefined;
  /** Something has been folded before, so that a snapshot takes its place. */
  readonly known: boolean;
  /** Why the position was given up, until a snapshot has made good for it. */
  readonly gaveUp: ResyncReason | undefined;
  /** Attempts in a row that came to nothing or broke the protocol. */
  readonly failures: number;
  readonly connection: Connection;
}

/** What happens to a subscription. Times are Unix milliseconds. */
export type SessionInput =
  | { readonly type: "event"; readonly event: SseEvent }
  /** The connection is over or could not be made; `at` is when the router was last heard. */
  | { readonly type: "lost"; readonly at: number; readonly error?: SubscribeError }
  | { readonly type: "close" };

/** What the owner of the session has to do, in this order. */
export type Effect =
  | { readonly type: "hello"; readonly hello: Hello }
  | { readonly type: "fold"; readonly message: FlowMessage; readonly position: Position }
  /** The flow was deleted: start again from nothing. */
  | { readonly type: "reset" }
  /** Leave this connection and make a new one; nothing after this event counts. */
  | { readonly type: "drop"; readonly error?: SubscribeError };

export interface Step {
  readonly session: Session;
  readonly effects: readonly Effect[];
}

/** A subscription that has not met its router yet. */
export function startSession(): Session {
  return {
    expects: "hello",
    position: undefined,
    hello: undefined,
    known: false,
    gaveUp: undefined,
    failures: 0,
    connection: { state: "connecting" },
  };
}

/**
 * The session after `input`, and what follows from it. Pure: no I/O, no clock. The position only
 * moves by one message at a time or by a snapshot; anything else gives it up, so that what is folded
 * is never silently wrong.
 */
export function step(session: Session, input: SessionInput): Step {
  switch (input.type) {
    case "event":
      return onEvent(session, input.event);
    case "lost":
      return { session: onLost(session, input), effects: [] };
    case "close":
      return { session: { ...session, connection: { state: "closed" } }, effects: [] };
  }
}

function onEvent(session: Session, event: SseEvent): Step {
  switch (event.event) {
    case "heartbeat":
      return { session: onHeartbeat(session), effects: [] };
    case "hello":
      return onHello(session, event);
    case "deleted":
      return {
        session: { ...session, position: undefined, gaveUp: "deleted" },
        effects: [{ type: "reset" }, { type: "drop" }],
      };
    case "snapshot":
    case "upsert-flow":
    case "upsert-nodes":
    case "upsert-rels":
    case "delete-nodes":
    case "delete-rels":
      return onMessage(session, event);
    default:
      // A newer router's extra event. Had it a seq, the next message does not follow on ours.
      return { session, effects: [] };
  }
}

/** A connection that lives to its first heartbeat has proved itself. */
function onHeartbeat(session: Session): Session {
  const { connection } = session;
  return {
    ...session,
    failures: 0,
    connection: connection.state === "resynced" ? { state: "live" } : connection,
  };
}

function onHello(session: Session, event: SseEvent): Step {
  const hello = decodeHello(parseJson(event.data));
  if (hello === undefined) return giveUp(session, "malformed", "hello cannot be read");
  const effects: Effect[] = [{ type: "hello", hello }];
  const connection = inContact(session.connection);
  if (!hello.recovered) {
    return { session: { ...session, hello, expects: "snapshot", connection }, effects };
  }
  const { position } = session;
  if (position?.epoch !== hello.epoch || position.seq > hello.seq) {
    return giveUp(session, "gap", "the router resumes a place that this reader has not reached");
  }
  const caughtUp = position.seq === hello.seq;
  return {
    session: {
      ...session,
      hello,
      expects: "tail",
      connection: caughtUp ? { state: "live" } : connection,
    },
    effects,
  };
}

function inContact(connection: Connection): Connection {
  switch (connection.state) {
    case "connecting":
      return connection.error === undefined ? connection : { state: "connecting" };
    case "stale":
      return { state: "resuming", since: connection.since };
    default:
      return connection;
  }
}

function onMessage(session: Session, event: SseEvent): Step {
  const { expects, hello, position } = session;
  if (hello === undefined || (expects === "snapshot" && event.event !== "snapshot")) {
    return giveUp(session, "protocol", `${event.event} where ${expects} is due`);
  }
  const at = parseCursor(event.lastEventId);
  if (at?.epoch === undefined) {
    return giveUp(session, "malformed", `${event.event} without a usable id`);
  }
  const next: Position = { seq: at.seq, epoch: at.epoch };
  const follows = expects === "snapshot"
    ? next.epoch === hello.epoch
    : next.epoch === position?.epoch && next.seq === position.seq + 1;
  if (!follows) {
    const place = expects === "snapshot" ? `hello of epoch ${hello.epoch}` : position?.seq;
    return giveUp(session, "gap", `${event.event} ${event.lastEventId} does not follow ${place}`);
  }
  const message = decodeMessage(parseJson(event.data));
  if (message === undefined || message.type !== event.event) {
    return giveUp(session, "malformed", `${event.event} ${event.lastEventId} cannot be read`);
  }
  return {
    session: {
      ...session,
      expects: "tail",
      position: next,
      known: true,
      gaveUp: undefined,
      connection: expects === "snapshot"
        ? afterSnapshot(session, hello.reason)
        : afterTail(session, hello, next),
    },
    effects: [{ type: "fold", message, position: next }],
  };
}

function afterSnapshot({ known, gaveUp }: Session, reason: HelloReason): Connection {
  if (!known) return { state: "live" };
  // To the router a reader that gave its place up is a new one; the true reason is ours.
  const why = reason === "new" || reason === "resumed" ? gaveUp ?? "new" : reason;
  return { state: "resynced", reason: why };
}

function afterTail({ connection }: Session, hello: Hello, position: Position): Connection {
  return connection.state === "resuming" && position.seq >= hello.seq
    ? { state: "live" }
    : connection;
}

function giveUp(
  session: Session,
  code: Extract<SubscribeErrorCode, "gap" | "malformed" | "protocol">,
  message: string,
): Step {
  return {
    session: {
      ...session,
      position: undefined,
      gaveUp: code === "gap" ? "gap" : "malformed",
    },
    effects: [{ type: "drop", error: new SubscribeError(code, message) }],
  };
}

function onLost(session: Session, lost: Extract<SessionInput, { type: "lost" }>): Session {
  const worked = session.hello !== undefined;
  const broken = session.gaveUp !== undefined && session.gaveUp !== "deleted";
  const failed = worked
    ? undefined
    : lost.error ?? new SubscribeError("protocol", "the stream ended before its first event");
  return {
    ...session,
    expects: "hello",
    hello: undefined,
    failures: worked && !broken ? 0 : session.failures + 1,
    connection: afterLoss(session.connection, lost.at, failed),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not JSON and not the right JSON are the same to the reader: `undefined` fits no guard.
    return undefined;
  }
}
