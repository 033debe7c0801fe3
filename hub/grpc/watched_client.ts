import {
  type ChannelCredentials,
  type ChannelOptions,
  Client,
  type ClientDuplexStream,
  type Metadata,
} from "@grpc/grpc-js";
import { Congestion } from "./congestion.ts";
import { HUB_SERVICE } from "./services.ts";
import { WatchedCredentials } from "./watched_credentials.ts";

/**
 * A connection of its own to a hub or a peer, for one call of `Process` that holds back who writes to
 * it: of itself grpc-js under Deno 2.9.2 never asks to wait for longer than a turn (congestion.ts).
 * Who pauses the call does hold the other end: it gets two windows of 64 KiB in (measured).
 */
export class WatchedClient {
  readonly client: Client;
  #congestion: Congestion | undefined;
  #call: ClientDuplexStream<Uint8Array, Uint8Array> | undefined;

  constructor(
    target: string,
    credentials: ChannelCredentials,
    options: ChannelOptions,
    /** After a `write` that said false: go on. */
    private readonly onDrained: () => void,
  ) {
    this.client = new Client(
      target,
      new WatchedCredentials(credentials, (connection) => {
        this.#congestion?.stop();
        this.#congestion = new Congestion(connection, () => this.#drained());
      }),
      // grpc-js would share a connection that is being given up, or that is full.
      { ...options, "grpc.use_local_subchannel_pool": 1 },
    );
  }

  /** Opens the call; write to it by {@linkcode WatchedClient.write}. */
  open(headers: Metadata): ClientDuplexStream<Uint8Array, Uint8Array> {
    const { path, requestSerialize, responseDeserialize } = HUB_SERVICE.Process;
    const call = this.client.makeBidiStreamRequest(
      path,
      requestSerialize,
      responseDeserialize,
      headers,
    );
    call.on("drain", () => this.#drained());
    this.#call = call;
    return call;
  }

  /** The writing half of the call. */
  write(frame: Uint8Array): boolean {
    const call = this.#call;
    if (call === undefined) return true;
    const turn = call.write(frame);
    return !this.#congestion?.passed(frame.length) && turn;
  }

  close(): void {
    this.#congestion?.stop();
    this.client.close();
  }

  #drained(): void {
    // Of grpc-js itself it comes while the connection is full, too.
    if (this.#congestion?.isFull || this.#call?.writableNeedDrain) return;
    this.onDrained();
  }
}
