import {
  Client,
  type ClientDuplexStream,
  credentials,
  Metadata,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
} from "@grpc/grpc-js";
import { CHANNEL_OPTIONS, CONNECTOR_SERVICE } from "../../../hub/grpc/services.ts";
import { decode } from "../../../hub/proto/codec.ts";
import { ControlRequest } from "../../../hub/proto/messages.ts";

/** Between an engram and its connector: passes everything on, and keeps what the engram says. */
export interface EngramTap extends AsyncDisposable {
  readonly port: number;
  /** What the engram said on `Control`. */
  readonly control: readonly ControlRequest[];
  /** Signs of life on `Data`: messages of metadata alone. */
  readonly beats: () => number;
}

type Calls = [
  ServerDuplexStream<Uint8Array, Uint8Array>,
  ClientDuplexStream<Uint8Array, Uint8Array>,
];

/** Stands in front of the connector that listens on `port`. */
export async function startTap(port: number): Promise<EngramTap> {
  const control: ControlRequest[] = [];
  let beats = 0;
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), CHANNEL_OPTIONS);
  const server = new Server(CHANNEL_OPTIONS);
  const pass =
    (name: keyof typeof CONNECTOR_SERVICE, look: (bytes: Uint8Array) => void) =>
    (engram: Calls[0]) => {
      const { path, requestSerialize, responseDeserialize } = CONNECTOR_SERVICE[name];
      const headers = new Metadata();
      headers.set("bubu-transport-protocol", "1.0.0");
      const connector = client.makeBidiStreamRequest(
        path,
        requestSerialize,
        responseDeserialize,
        headers,
      );
      engram.on("data", (bytes) => {
        look(bytes);
        connector.write(bytes);
      });
      engram.on("end", () => connector.end());
      engram.on("cancelled", () => connector.cancel());
      engram.on("error", () => {});
      connector.on("data", (bytes) => engram.write(bytes));
      connector.on("error", () => {});
      connector.on("status", ({ code, details }) => engram.emit("error", { code, details }));
    };
  server.addService(CONNECTOR_SERVICE, {
    Data: pass("Data", (bytes) => {
      // Field 4 of DataRequest is metadata, and nothing comes after it.
      if (bytes[0] === 0x22 && bytes.length < 40) beats++;
    }),
    Control: pass("Control", (bytes) => control.push(decode(ControlRequest, bytes))),
  });
  const bound = await new Promise<number>((resolve, reject) => {
    server.bindAsync(
      "127.0.0.1:0",
      ServerCredentials.createInsecure(),
      (error, port) => error ? reject(error) : resolve(port),
    );
  });
  return {
    port: bound,
    control,
    beats: () => beats,
    [Symbol.asyncDispose]() {
      server.forceShutdown();
      client.close();
      return Promise.resolve();
    },
  };
}
