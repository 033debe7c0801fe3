import { Buffer } from "node:buffer";
import {
  type ChannelOptions,
  Client,
  type ClientDuplexStream,
  credentials,
  Metadata,
} from "@grpc/grpc-js";
import { CHANNEL_OPTIONS, HUB_SERVICE } from "../../../hub/grpc/services.ts";
import { type Message, type Outgoing, readFrame, writeFrame } from "../../../hub/proto/frame.ts";
import { encode } from "../../../hub/proto/codec.ts";
import { DataPacket } from "../../../hub/proto/messages.ts";
import { type JsonObject, jsonToStruct, structToJson } from "../../../hub/proto/struct.ts";
import { WireWriter } from "../../../hub/proto/wire_writer.ts";
import { readHubConfig } from "../../../hub/config.ts";
import { type RunningHub, serveHub } from "../../../hub/serve.ts";
import { FileDirectory } from "../../../hub/story/file_directory.ts";
import { type Authority, createAuthority, type KeyPair } from "../../cluster/x509.ts";

/** A hub with certificates of its own, that ends with the test. */
export interface TestHub extends AsyncDisposable {
  readonly running: RunningHub;
  readonly authority: Authority;
  readonly folder: string;
  readonly lines: { message: string; attributes: Record<string, unknown> }[];
  /** A certificate that speaks for every step of the namespace. */
  certificate(namespace?: string): KeyPair;
}

/** Starts a real hub on free ports of loopback. */
export async function startHub(
  stories: string,
  env: Record<string, string> = {},
): Promise<TestHub> {
  const authority = createAuthority("Headrace test");
  const folder = await Deno.makeTempDir({ prefix: "headrace-hub-" });
  await writeCertificate(folder, authority);
  const lines: TestHub["lines"] = [];
  const settings: Record<string, string> = {
    HUB_LISTEN_ADDR: "127.0.0.1:0",
    HUB_HTTP_LISTEN_ADDR: "127.0.0.1:0",
    HUB_STORIES_FILE: "-",
    HUB_DRAIN_TIMEOUT: "1s",
    HUB_CERT_RELOAD: "100ms",
    BUBU_HUB_TLS_CERT_FILE: `${folder}/tls.crt`,
    BUBU_HUB_TLS_KEY_FILE: `${folder}/tls.key`,
    BUBU_HUB_CA_FILE: `${folder}/ca.crt`,
    ...env,
  };
  const running = await serveHub(readHubConfig((name) => settings[name]), {
    directory: new FileDirectory(stories),
    logger: (_level, message, attributes = {}) => lines.push({ message, attributes }),
  });
  return {
    running,
    authority,
    folder,
    lines,
    certificate: (namespace = "demo") =>
      authority.issue({
        commonName: "engram",
        usage: "client",
        dnsNames: [`*.${namespace}.svc.cluster.local`],
      }),
    async [Symbol.asyncDispose]() {
      await running.stop();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

/** Waits until the hub has streams of these steps: before that, best effort is to drop. */
export async function connected({ running }: TestHub, ...steps: string[]): Promise<void> {
  const streams = () => [...running.hub.runs.values()][0]?.streams;
  while (!steps.every((step) => streams()?.get(step)?.session !== undefined)) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Puts a fresh certificate for `localhost` where the hub looks. */
export async function writeCertificate(
  folder: string,
  authority: Authority,
  commonName = "hub",
): Promise<void> {
  const pair = authority.issue({ commonName, usage: "server", dnsNames: ["localhost"] });
  await Deno.writeTextFile(`${folder}/tls.crt`, pair.certificate);
  await Deno.writeTextFile(`${folder}/tls.key`, pair.key);
  await Deno.writeTextFile(`${folder}/ca.crt`, authority.certificate);
}

const writer = new WireWriter();

/** A client of `Process`, as any SDK could be written. */
export class StepClient implements Disposable {
  readonly messages: Message[] = [];
  /** Payloads that came so far; heartbeats are left out. */
  readonly payloads: JsonObject[] = [];
  /** The status that the stream ended with. */
  readonly status: Promise<{ code: number; details: string }>;
  readonly #client: Client;
  readonly #call: ClientDuplexStream<Uint8Array, Uint8Array>;
  #wake = () => {};
  #ended: { code: number; details: string } | undefined;

  constructor(
    { running, authority }: {
      readonly running: { readonly port: number };
      readonly authority: Authority;
    },
    step: string,
    certificate: KeyPair | undefined,
    headers: Record<string, string | undefined> = {},
    options: ChannelOptions = {},
  ) {
    const pem = (text: string) => Buffer.from(text);
    this.#client = new Client(
      `localhost:${running.port}`,
      certificate === undefined
        ? credentials.createSsl(pem(authority.certificate))
        : credentials.createSsl(
          pem(authority.certificate),
          pem(certificate.key),
          pem(certificate.certificate),
        ),
      // The hub has to hold its limits itself.
      { ...CHANNEL_OPTIONS, "grpc.max_send_message_length": -1, ...options },
    );
    const metadata = new Metadata();
    const all: Record<string, string | undefined> = {
      "storyrun-name": "voice-1",
      "storyrun-namespace": "demo",
      "current-step-id": step,
      "connector-generation": "1",
      "bubu-transport-protocol": "1.0.0",
      "startup.capabilities": "none",
      ...headers,
    };
    for (const [name, value] of Object.entries(all)) {
      if (value !== undefined) metadata.set(name, value);
    }
    const { path, requestSerialize, responseDeserialize } = HUB_SERVICE.Process;
    this.#call = this.#client.makeBidiStreamRequest(
      path,
      requestSerialize,
      responseDeserialize,
      metadata,
    );
    this.#call.on("data", (frame: Uint8Array) => {
      for (const message of readFrame(frame)) {
        this.messages.push(message);
        const { payload, metadata } = message.packet?.decoded() ?? {};
        if (payload === undefined || metadata?.["bubu-heartbeat"]) continue;
        this.payloads.push(structToJson(payload));
      }
      this.#wake();
    });
    this.#call.on("error", () => this.#wake());
    this.status = new Promise((resolve) => {
      this.#call.on("status", ({ code, details }) => {
        this.#ended = { code, details };
        resolve(this.#ended);
        this.#wake();
      });
    });
  }

  send(payload: JsonObject): void {
    this.write({ body: encode(DataPacket, { payload: jsonToStruct(payload) }) });
  }

  write(message: Outgoing): void {
    this.raw(writeFrame(message, writer));
  }

  raw(bytes: Uint8Array): void {
    this.#call.write(bytes);
  }

  /**
   * Waits until so many payloads came.
   *
   * @throws when the stream ends before
   */
  async received(count: number): Promise<JsonObject[]> {
    while (this.payloads.length < count) {
      if (this.#ended) throw new Error(`ended with ${this.#ended.code}: ${this.#ended.details}`);
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
    return this.payloads;
  }

  /** Stops reading, as an engram that is stuck. */
  pause(): void {
    this.#call.pause();
  }

  resume(): void {
    this.#call.resume();
  }

  end(): void {
    this.#call.end();
  }

  [Symbol.dispose](): void {
    this.#call.cancel();
    this.#client.close();
  }
}
