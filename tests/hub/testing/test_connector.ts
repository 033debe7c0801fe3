import { freePort } from "../../cluster/free_port.ts";
import { Client, type ClientDuplexStream, credentials, Metadata } from "@grpc/grpc-js";
import { METADATA, PROTOCOL_VERSION } from "../../../contracts/transport/names.ts";
import {
  PACKET_MIME_TYPE,
  readPacketEnvelope,
  writePacketEnvelope,
} from "../../../contracts/transport/packet_envelope.ts";
import {
  type BindingInfo,
  writeBindingEnvelope,
} from "../../../contracts/transport/binding_envelope.ts";
import { readConnectorConfig } from "../../../hub/connector/config.ts";
import { type RunningConnector, serveConnector } from "../../../hub/connector/serve.ts";
import { CONNECTOR_SERVICE } from "../../../hub/grpc/services.ts";
import { check } from "../../../hub/proto/check.ts";
import { decode, encode } from "../../../hub/proto/codec.ts";
import {
  ControlRequest,
  ControlResponse,
  DataMessage,
  type DataPacket,
} from "../../../hub/proto/messages.ts";
import type { Authority } from "../../cluster/x509.ts";

/** A connector of step `step` of the run `voice-1`, with a certificate of its own. */
export interface TestConnector extends AsyncDisposable {
  readonly running: RunningConnector;
  readonly port: number;
}

/** The environment that the operator would give a connector, with its files in `folder`. */
export async function connectorEnvironment(
  folder: string,
  authority: Authority,
  step: string,
  hubPort: number,
  settings: unknown,
  codecs: Pick<BindingInfo, "audioCodecs"> = { audioCodecs: ["opus"] },
): Promise<{ env: Record<string, string>; port: number }> {
  const { certificate, key } = authority.issue({
    commonName: step,
    usage: "peer",
    dnsNames: [`voice-1-${step}.demo.svc.cluster.local`],
  });
  await Deno.writeTextFile(`${folder}/${step}.crt`, certificate);
  await Deno.writeTextFile(`${folder}/${step}.key`, key);
  await Deno.writeTextFile(`${folder}/ca.crt`, authority.certificate);
  const port = freePort();
  const env = {
    BUBU_TRANSPORT_BINDING: writeBindingEnvelope({
      name: `voice-1-${step}-transport`,
      namespace: "demo",
      binding: {
        transportRef: "rt",
        driver: "grpc",
        endpoint: `127.0.0.1:${port}`,
        ...codecs,
        videoCodecs: [],
        binaryTypes: [],
        protocolVersion: PROTOCOL_VERSION,
        settings,
      },
    }),
    BUBU_HUB_ENDPOINT: `localhost:${hubPort}`,
    BUBU_STORYRUN_ID: "voice-1",
    BUBU_POD_NAMESPACE: "demo",
    BUBU_STEP_NAME: step,
    BUBU_CONNECTOR_GENERATION: "1",
    BUBU_GRPC_PORT: String(port),
    CONNECTOR_PEER_LISTEN_ADDR: "off",
    CONNECTOR_HTTP_LISTEN_ADDR: "127.0.0.1:0",
    CONNECTOR_REPORTS: "false",
    BUBU_GRPC_CLIENT_CERT_FILE: `${folder}/${step}.crt`,
    BUBU_GRPC_CLIENT_KEY_FILE: `${folder}/${step}.key`,
    BUBU_GRPC_CA_FILE: `${folder}/ca.crt`,
    BUBU_GRPC_GRACEFUL_SHUTDOWN_TIMEOUT: "1s",
    BUBU_GRPC_RECONNECT_BASE_BACKOFF: "50ms",
    BUBU_GRPC_RECONNECT_MAX_BACKOFF: "200ms",
  };
  return { env, port };
}

export async function startConnector(
  hub: { readonly running: { readonly port: number }; readonly authority: Authority },
  step: string,
  settings: unknown,
  overrides: Record<string, string> = {},
  codecs?: Pick<BindingInfo, "audioCodecs">,
): Promise<TestConnector> {
  const folder = await Deno.makeTempDir({ prefix: "headrace-connector-" });
  const { env, port } = await connectorEnvironment(
    folder,
    hub.authority,
    step,
    hub.running.port,
    settings,
    codecs,
  );
  const running = await serveConnector(
    readConnectorConfig((name) => ({ ...env, ...overrides })[name]),
    () => {},
  );
  return {
    running,
    port,
    async [Symbol.asyncDispose]() {
      await running.stop();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

/** Waits until every packet is acknowledged, from the consumer back to this connector. */
export async function drained({ running }: TestConnector): Promise<void> {
  while (!running.connector.isDrained) await new Promise((resolve) => setTimeout(resolve, 5));
}

type Call = ClientDuplexStream<Uint8Array, Uint8Array>;

/** An engram as its SDK has it talk to a connector: every message is held to the rules. */
export class EngramClient implements Disposable {
  /** `n` of every payload, in the order of arrival, repetitions included. */
  readonly got: number[] = [];
  readonly control: ControlResponse[] = [];
  /** The status that its Data stream ended with. */
  status: number | undefined;
  readonly #client: Client;
  readonly #data: Call;
  readonly #control: Call;
  readonly #heartbeat: ReturnType<typeof setInterval>;
  #writable: Promise<void> | undefined;
  #wake = () => {};

  constructor(port: number) {
    this.#client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
    this.#control = this.#open(CONNECTOR_SERVICE.Control);
    this.#control.on("data", (bytes: Uint8Array) => {
      check(ControlResponse, bytes);
      this.control.push(decode(ControlResponse, bytes));
      this.#wake();
    });
    this.#data = this.#open(CONNECTOR_SERVICE.Data);
    this.#data.on("status", ({ code }) => {
      this.status = code;
      this.#wake();
    });
    this.#data.on("data", (bytes: Uint8Array) => {
      check(DataMessage, bytes);
      this.#received(bytes);
      this.#wake();
    });
    const heartbeat = { metadata: { [METADATA.heartbeat]: "true" } };
    this.#heartbeat = setInterval(() => this.sendMessage(heartbeat), 10_000);
  }

  /** Sends a structured packet, as the SDK frames it; resolves when there is room for the next. */
  async send(n: number, text?: string): Promise<void> {
    await this.#writable;
    const payload = writePacketEnvelope({
      version: "v1",
      kind: "data",
      messageId: `m${n}`,
      payload: { n, ...(text === undefined ? {} : { text }) },
    });
    const bytes = encode(DataMessage, { binary: { payload, mimeType: PACKET_MIME_TYPE } });
    if (this.#data.write(bytes)) return;
    this.#writable = new Promise((resolve) => this.#data.once("drain", resolve));
  }

  /** Sends anything that an engram may. */
  sendMessage(message: DataPacket): void {
    this.#data.write(encode(DataMessage, message));
  }

  order(request: ControlRequest): void {
    this.#control.write(encode(ControlRequest, request));
  }

  /** Waits until something holds. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#wake = resolve);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#heartbeat);
    this.#data.cancel();
    this.#control.cancel();
    this.#client.close();
  }

  #received(bytes: Uint8Array): void {
    const { binary, envelope } = decode(DataMessage, bytes);
    if (binary?.mimeType === PACKET_MIME_TYPE) {
      this.got.push(Number(readPacketEnvelope(binary.payload!).payload?.n));
    }
    if (!envelope?.sequence) return;
    this.order({
      customAction: "downstream.delivered",
      metadata: {
        stream_id: envelope.streamId ?? "",
        sequence: String(envelope.sequence),
        partition: envelope.partition ?? "",
        size_bytes: String(bytes.length),
      },
    });
  }

  #open(method: (typeof CONNECTOR_SERVICE)[keyof typeof CONNECTOR_SERVICE]): Call {
    const metadata = new Metadata();
    metadata.set("bubu-transport-protocol", "1.0.0");
    const { path, requestSerialize, responseDeserialize } = method;
    const call = this.#client.makeBidiStreamRequest(
      path,
      requestSerialize,
      responseDeserialize,
      metadata,
    );
    call.on("error", () => this.#wake());
    return call;
  }
}
