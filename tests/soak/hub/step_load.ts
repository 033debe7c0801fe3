import { Buffer } from "node:buffer";
import { Client, type ClientDuplexStream, credentials, Metadata } from "@grpc/grpc-js";
import { HUB_SERVICE } from "../../../hub/grpc/services.ts";
import { encode } from "../../../hub/proto/codec.ts";
import { readFrame, writeBatch } from "../../../hub/proto/frame.ts";
import { DataPacket, FlowControlSignal } from "../../../hub/proto/messages.ts";
import { type JsonObject, jsonToStruct } from "../../../hub/proto/struct.ts";
import { WireWriter } from "../../../hub/proto/wire_writer.ts";
import type { HubProcess } from "../../hub/testing/hub_process.ts";

/** More than waits in any buffer, so that buffers fill. */
const MAX_OPEN = 8_192;
const writer = new WireWriter();

/** A frame of as many packets as payloads. */
export function frameOf(payloads: readonly JsonObject[]): Uint8Array {
  return writeBatch(
    payloads.map((payload) => ({ body: encode(DataPacket, { payload: jsonToStruct(payload) }) })),
    writer,
  );
}

/** What a stream says of itself. */
export function headersOf(storyRun: string, step: string): Record<string, string> {
  return {
    "storyrun-name": storyRun,
    "storyrun-namespace": "demo",
    "current-step-id": step,
    "connector-generation": "1",
    "bubu-transport-protocol": "1.0.0",
    "startup.capabilities": "none",
  };
}

/** A producer's stream to the hub. */
export class StepLoad implements Disposable {
  /** Why the stream ended, once it has. */
  ended: string | undefined;
  readonly #client: Client;
  readonly #call: ClientDuplexStream<Uint8Array, Uint8Array>;
  #heeds = false;
  #full = false;
  #paused = false;
  /** Packets that the hub has not said to be done with. */
  #open = 0;
  #stopped = false;
  #go = () => {};

  /** @param batched whether it says that it is a connector of ours */
  constructor(hub: HubProcess, storyRun: string, step: string, batched: boolean) {
    const { certificate, key } = hub.certificate();
    this.#client = new Client(
      `localhost:${hub.running.port}`,
      credentials.createSsl(
        Buffer.from(hub.authority.certificate),
        Buffer.from(key),
        Buffer.from(certificate),
      ),
      // A connection for each: one that is stuck must not hold up the others.
      { "grpc.use_local_subchannel_pool": 1 },
    );
    const metadata = new Metadata();
    const headers = {
      ...headersOf(storyRun, step),
      ...(batched ? { "headrace-batch": "1" } : {}),
    };
    for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
    const { path, requestSerialize, responseDeserialize } = HUB_SERVICE.Process;
    this.#call = this.#client.makeBidiStreamRequest(
      path,
      requestSerialize,
      responseDeserialize,
      metadata,
    );
    this.#call.on("error", () => {});
    this.#call.on("drain", () => {
      this.#full = false;
      this.#go();
    });
    this.#call.on("status", ({ code, details }) => this.ended = `${code} ${details}`);
  }

  /** Sends a frame as soon as it may, and nothing any more after `stop`. */
  async write(frame: Uint8Array, packets = 1): Promise<void> {
    while (this.#isHeld && !this.#stopped) {
      await new Promise<void>((resolve) => this.#go = resolve);
    }
    if (this.#stopped) return;
    if (this.#heeds) this.#open += packets;
    this.#full = !this.#call.write(frame);
  }

  /** Whoever waits to write, waits no more. */
  stop(): void {
    this.#stopped = true;
    this.#go();
  }

  /**
   * As a connector does: reads what the hub says, sends nothing while it says PAUSE, and not much
   * more than it says that it is done with. Deno's client takes whatever is written to it.
   */
  heed(): void {
    this.#heeds = true;
    this.#call.on("data", (frame: Uint8Array) => {
      for (const { flow } of readFrame(frame)) {
        this.#open -= flow?.creditsMessages ?? 0;
        if (flow?.signal === FlowControlSignal.pause) this.#paused = true;
        if (flow?.signal === FlowControlSignal.resume) this.#paused = false;
      }
      this.#go();
    });
  }

  get #isHeld(): boolean {
    return this.#full || this.#paused || this.#open >= MAX_OPEN;
  }

  [Symbol.dispose](): void {
    this.#call.cancel();
    this.#client.close();
  }
}
