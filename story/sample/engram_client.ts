import { Client, type ClientDuplexStream, credentials, Metadata } from "@grpc/grpc-js";
import {
  HEADERS,
  METADATA,
  PROTOCOL_VERSION,
  RECEIPT_ACTION,
} from "../../contracts/transport/names.ts";
import {
  PACKET_MIME_TYPE,
  readPacketEnvelope,
  writePacketEnvelope,
} from "../../contracts/transport/packet_envelope.ts";
import { CHANNEL_OPTIONS, CONNECTOR_SERVICE } from "../../hub/grpc/services.ts";
import { decode, encode } from "../../hub/proto/codec.ts";
import {
  ControlAction,
  ControlRequest,
  ControlResponse,
  DataMessage,
  type StreamEnvelope,
} from "../../hub/proto/messages.ts";

type Call = ClientDuplexStream<Uint8Array, Uint8Array>;
type JsonObject = Record<string, unknown>;

/** A structured packet that came. */
export interface Arrival {
  readonly payload: JsonObject;
  readonly metadata: Readonly<Record<string, string>>;
}

export interface EngramClientOptions {
  /** `host:port` of the connector. */
  readonly endpoint: string;
  /** Takes packets one after the other; the next comes when it is done with this one. */
  readonly onPacket: (arrival: Arrival) => Promise<void> | void;
  /** The connector is there anew; what is sent now goes before all else. */
  readonly onReturn?: () => void;
}

/**
 * Packets at hand at which the connector is asked to wait, and to go on. Not reading its stream would
 * not hold it: measured on Deno 2.9.2, a gRPC client that is paused takes in 14 MB and goes on.
 */
const ASK_TO_WAIT = 16;
const ASK_TO_GO_ON = 4;
const RECONNECT_MS = 100;
const HEARTBEAT_MS = 10_000;

/**
 * An engram as its SDK has it talk to a connector: control stream and greeting first, heartbeats,
 * receipts for what it is done with, and back again when the connector was restarted.
 */
export class EngramClient {
  #data: Call | undefined;
  #control: Call | undefined;
  #client: Client | undefined;
  #room = Promise.withResolvers<void>();
  #hasRoom = false;
  #queue: Uint8Array[] = [];
  #busy = false;
  #askedToWait = false;
  #wrote = false;
  #connections = 0;
  #closed = false;
  #timers: (ReturnType<typeof setTimeout>)[] = [];

  constructor(readonly options: EngramClientOptions) {
    this.#timers.push(setInterval(() => this.#heartbeat(), HEARTBEAT_MS));
    this.#connect();
  }

  /** Whether a packet can be sent now. */
  get hasRoom(): boolean {
    return this.#hasRoom;
  }

  /** Resolves when a packet can be sent. */
  room(): Promise<void> {
    return this.#hasRoom ? Promise.resolve() : this.#room.promise;
  }

  /** Sends a structured packet; call it when there is room. */
  send(payload: JsonObject, metadata: Record<string, string>, messageId: string): void {
    const frame = writePacketEnvelope({
      version: "v1",
      kind: "data",
      messageId,
      metadata,
      payload,
    });
    this.#wrote = true;
    this.#write(
      encode(DataMessage, { metadata: {}, binary: { payload: frame, mimeType: PACKET_MIME_TYPE } }),
    );
  }

  close(): void {
    this.#closed = true;
    for (const timer of this.#timers) clearInterval(timer);
    this.#data?.end();
    this.#control?.end();
    this.#client?.close();
  }

  #connect(): void {
    const client = new Client(this.options.endpoint, credentials.createInsecure(), {
      ...CHANNEL_OPTIONS,
      // A channel of this process to the same place would share its bad memories.
      "grpc.use_local_subchannel_pool": 1,
      "grpc.enable_http_proxy": 0,
    });
    this.#client = client;
    const control = this.#open(client, CONNECTOR_SERVICE.Control);
    this.#control = control;
    control.on("data", (bytes: Uint8Array) => {
      const { action } = decode(ControlResponse, bytes);
      if (action === ControlAction.connectorReady && this.#data === undefined) this.#begin(client);
    });
    // The status says it all.
    control.on("error", () => {});
    control.on("status", () => this.#lost(client));
  }

  #begin(client: Client): void {
    const data = this.#open(client, CONNECTOR_SERVICE.Data);
    this.#data = data;
    data.on("data", (bytes: Uint8Array) => {
      this.#queue.push(bytes);
      this.#work();
    });
    data.on("drain", () => this.#makeRoom());
    data.on("error", () => {});
    data.on("status", () => this.#lost(client));
    if (this.#connections++ > 0) this.options.onReturn?.();
    this.#makeRoom();
  }

  #lost(client: Client): void {
    if (client !== this.#client) return;
    this.#client = this.#data = this.#control = undefined;
    // Nobody wants receipts of it any more; what the connector needs done it hands over again.
    this.#queue = [];
    this.#askedToWait = false;
    this.#full();
    client.close();
    if (!this.#closed) this.#timers.push(setTimeout(() => this.#connect(), RECONNECT_MS));
  }

  #work(): void {
    this.#hold();
    while (!this.#busy) {
      const bytes = this.#queue.shift();
      if (bytes === undefined) return;
      const from = this.#control;
      const { metadata = {}, binary, envelope } = decode(DataMessage, bytes);
      const receipt = () => this.#receipt(from, envelope, bytes.length);
      if (binary?.mimeType !== PACKET_MIME_TYPE) {
        receipt();
        continue;
      }
      const { payload = {} } = readPacketEnvelope(binary.payload ?? new Uint8Array());
      const done = this.options.onPacket({ payload, metadata });
      if (done === undefined) {
        receipt();
        continue;
      }
      this.#busy = true;
      void done.then(() => {
        receipt();
        this.#busy = false;
        this.#work();
      });
    }
  }

  #hold(): void {
    const wait = this.#askedToWait
      ? this.#queue.length > ASK_TO_GO_ON
      : this.#queue.length >= ASK_TO_WAIT;
    if (wait === this.#askedToWait || this.#control === undefined) return;
    this.#askedToWait = wait;
    const action = wait ? ControlAction.stopDownstream : ControlAction.startDownstream;
    this.#control.write(encode(ControlRequest, { action }));
  }

  #receipt(control: Call | undefined, envelope: StreamEnvelope | undefined, size: number): void {
    if (!envelope?.sequence || control === undefined || control !== this.#control) return;
    control.write(encode(ControlRequest, {
      customAction: RECEIPT_ACTION,
      metadata: {
        stream_id: envelope.streamId ?? "",
        sequence: String(envelope.sequence),
        partition: envelope.partition ?? "",
        size_bytes: String(size),
      },
    }));
  }

  #write(bytes: Uint8Array): void {
    if (this.#data?.write(bytes) === false) this.#full();
  }

  #full(): void {
    if (!this.#hasRoom) return;
    this.#hasRoom = false;
    this.#room = Promise.withResolvers();
  }

  #makeRoom(): void {
    this.#hasRoom = true;
    this.#room.resolve();
  }

  #heartbeat(): void {
    if (!this.#wrote && this.#hasRoom) {
      this.#write(encode(DataMessage, { metadata: { [METADATA.heartbeat]: "true" } }));
    }
    this.#wrote = false;
  }

  #open(client: Client, method: (typeof CONNECTOR_SERVICE)[keyof typeof CONNECTOR_SERVICE]): Call {
    const metadata = new Metadata();
    metadata.set(HEADERS.protocol, PROTOCOL_VERSION);
    const { path, requestSerialize, responseDeserialize } = method;
    return client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize, metadata);
  }
}
