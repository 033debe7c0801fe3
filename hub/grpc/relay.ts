import { Metadata } from "@grpc/grpc-js";
import { HEADERS } from "../../contracts/transport/names.ts";
import { LEDGER_HEADER } from "../delivery/leg_ledger.ts";
import { OWNER_HEADER, RELAY_HEADER, TAKEN_HEADER } from "../placement/headers.ts";
import { BATCH_HEADER, STREAM_HEADER } from "../proto/frame.ts";
import { Code, Refusal } from "../server/refusal.ts";
import type { Identity } from "../tls/certificate_files.ts";
import { tls13Client } from "../tls/client_credentials.ts";
import type { ServerCall } from "./server_call.ts";
import { CHANNEL_OPTIONS } from "./services.ts";
import { WatchedClient } from "./watched_client.ts";

/** How long another hub may take to answer a stream that is passed on to it. */
const ANSWER_MS = 10_000;

/** What of a stream's headers is passed on. */
const REQUEST_HEADERS = [
  HEADERS.storyRunName,
  HEADERS.storyRunNamespace,
  HEADERS.currentStepId,
  HEADERS.connectorGeneration,
  HEADERS.protocol,
  HEADERS.startupCapabilities,
  BATCH_HEADER,
  STREAM_HEADER,
  LEDGER_HEADER,
];
const ANSWER_HEADERS = [BATCH_HEADER, STREAM_HEADER, LEDGER_HEADER];

export interface RelayOptions {
  /** This hub's own, as of now: the other one knows it by that. */
  readonly identity: () => Identity;
  readonly self: string;
  /** Streams that are passed on at a time. */
  readonly maxStreams: number;
}

/**
 * Passes streams on to the hub that their run is pinned to, byte by byte and held as the slower side
 * is: for clients that know one address only.
 */
export class Relay {
  readonly #options: RelayOptions;
  #streams = 0;

  constructor(options: RelayOptions) {
    this.#options = options;
  }

  get streams(): number {
    return this.#streams;
  }

  /**
   * Tells another hub that a run is here. Whether it hears of it is not known: one that is not there
   * any longer has nothing to let go of.
   *
   * @param version up to which this hub has seen where the run belongs
   */
  tellTaken(call: ServerCall, endpoint: string, version: string): void {
    const client = this.#client(endpoint, () => {});
    const headers = requestHeaders(call, this.#options.self);
    headers.set(TAKEN_HEADER, version);
    const up = client.open(headers);
    const dial = setTimeout(() => up.cancel(), ANSWER_MS);
    up.on("error", () => {});
    up.on("status", () => {
      clearTimeout(dial);
      client.close();
    });
    up.resume();
    up.end();
  }

  #client(endpoint: string, onDrained: () => void): WatchedClient {
    const credentials = tls13Client(this.#options.identity());
    return new WatchedClient(endpoint, credentials, CHANNEL_OPTIONS, onDrained);
  }

  /** @throws {Refusal} when there are too many */
  pass(call: ServerCall, endpoint: string): void {
    const { self, maxStreams } = this.#options;
    if (this.#streams >= maxStreams) {
      throw new Refusal(Code.resourceExhausted, "hub max active streams reached");
    }
    const client = this.#client(endpoint, () => call.resume());
    const up = client.open(requestHeaders(call, self));
    this.#streams++;
    let isAnswered = false;
    const dial = setTimeout(() => up.cancel(), ANSWER_MS);
    up.on("metadata", (answer: Metadata) => {
      isAnswered = true;
      clearTimeout(dial);
      const isTaken = call.accept(answerHeaders(answer), {
        message(bytes) {
          if (!client.write(bytes)) call.pause();
        },
        drained: () => void up.resume(),
        ended: () => void up.end(),
        closed: () => up.cancel(),
      });
      if (!isTaken) up.cancel();
    });
    up.on("data", (frame: Uint8Array) => {
      if (!call.write(frame)) up.pause();
    });
    // The status says it all.
    up.on("error", () => {});
    up.on("status", ({ code, details, metadata }) => {
      clearTimeout(dial);
      this.#streams--;
      client.close();
      const owner = metadata.get(OWNER_HEADER)[0]?.toString();
      const end = () => {
        if (code !== Code.cancelled || isAnswered) call.end(code as Code, details, owner);
        else call.end(Code.unavailable, `no answer from ${endpoint}`);
      };
      // What came before the status may wait here for a client that is slow.
      if (!isAnswered || up.readableEnded) return end();
      up.once("end", end);
      up.resume();
    });
  }
}

function requestHeaders(call: ServerCall, self: string): Metadata {
  const metadata = new Metadata();
  for (const name of REQUEST_HEADERS) {
    const value = call.header(name);
    if (value !== undefined) metadata.set(name, value);
  }
  metadata.set(RELAY_HEADER, self);
  return metadata;
}

function answerHeaders(answer: Metadata): Record<string, string> {
  return Object.fromEntries(
    ANSWER_HEADERS.flatMap((name) => {
      const value = answer.get(name)[0];
      return value === undefined ? [] : [[name, value.toString()]];
    }),
  );
}
