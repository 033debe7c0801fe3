import type { HttpRequest } from "./http_text.ts";

/** How a server is run. */
export interface ServerCommand {
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** Where a server is to listen, and a folder for its files, empty and its own. */
export interface Place {
  readonly hostname: string;
  readonly port: number;
  readonly folder: string;
}

/** A server that takes part. All of them stream the one channel or flow "bench". */
export interface Peer {
  /** As in `--only`. */
  readonly name: string;
  /** As in the tables. */
  readonly label: string;
  /**
   * Builds or finds what the server needs.
   *
   * @throws {BenchError} `unavailable` when it cannot be had here
   */
  prepare(workshop: Workshop): Promise<PreparedPeer>;
}

/** A server that can be started. */
export interface PreparedPeer {
  /** As the tables name it beside the label. */
  readonly version: string;
  command(place: Place): Promise<ServerCommand>;
  readonly subscribe: HttpRequest;
  publish(message: string): HttpRequest;
  /** Resumes behind the event "{id}", for a server that keeps history. */
  readonly resume?: HttpRequest;
}

/** What {@linkcode Peer.prepare} works with. */
export interface Workshop {
  /** Builds a Go program of a folder beside this file and gives the binary's path. */
  buildGo(folder: string, main?: string): Promise<string>;
  /** The version of a Go module that a folder's go.mod requires. */
  goModule(folder: string, path: string): Promise<string>;
  /** Runs a program to its end. @throws {BenchError} `unavailable` when it fails */
  run(program: string, args: readonly string[]): Promise<string>;
}

/** The headers of a JSON request. */
export const JSON_BODY = { "Content-Type": "application/json" };
/** The headers of a request for a stream. */
export const EVENT_STREAM = { "Accept": "text/event-stream" };
