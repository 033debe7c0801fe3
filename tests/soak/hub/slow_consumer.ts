import { type ClientHttp2Session, type ClientHttp2Stream, connect } from "node:http2";
import { METADATA } from "../../../contracts/transport/names.ts";
import { Deframer } from "../../../hub/grpc/deframer.ts";
import { HUB_SERVICE, MAX_MESSAGE_BYTES } from "../../../hub/grpc/services.ts";
import { readFrame, writeFrame } from "../../../hub/proto/frame.ts";
import { ascii } from "../../../hub/proto/packet.ts";
import { WireWriter } from "../../../hub/proto/wire_writer.ts";
import type { HubProcess } from "../../hub/testing/hub_process.ts";
import { headersOf } from "./step_load.ts";

const writer = new WireWriter();
const HEARTBEAT = ascii(METADATA.heartbeat);
const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/**
 * A consumer that reads only when it is told to. On node:http2 itself: what grpc-js does not read
 * piles up in this process under Deno 2.9.2, and the hub would find room.
 */
export class SlowConsumer implements Disposable {
  /** Why the stream ended, once it has. */
  ended: string | undefined;
  readonly #session: ClientHttp2Session;
  readonly #stream: ClientHttp2Stream;
  readonly #deframer: Deframer;

  /** @param take called with each packet that came */
  constructor(hub: HubProcess, storyRun: string, step: string, take = () => {}) {
    const { certificate, key } = hub.certificate();
    this.#session = connect(`https://localhost:${hub.running.port}`, {
      ca: hub.authority.certificate,
      cert: certificate,
      key,
    });
    this.#session.on("error", (error) => this.ended ??= error.message);
    this.#session.on("goaway", (code) => this.ended ??= `the hub went away with ${code}`);
    this.#session.on("close", () => this.ended ??= "its connection was closed");
    this.#stream = this.#session.request({
      ":method": "POST",
      ":path": HUB_SERVICE.Process.path,
      "content-type": "application/grpc+proto",
      te: "trailers",
      ...headersOf(storyRun, step),
    });
    this.#stream.on("error", (error) => this.ended ??= error.message);
    this.#stream.on(
      "close",
      () => this.ended ??= `its stream was reset with ${this.#stream.rstCode}`,
    );
    this.#deframer = new Deframer(MAX_MESSAGE_BYTES, (message) => {
      for (const { packet } of readFrame(message)) {
        if (packet === undefined || packet.metadata(HEARTBEAT) === "true") continue;
        take();
        this.#acknowledge(packet.envelope?.sequence);
      }
    });
  }

  /** Reads everything from now on, and says that it has it. */
  readAll(): void {
    this.#stream.on("data", (bytes: Uint8Array) => this.#deframer.push(bytes));
    this.#stream.resume();
  }

  /** Reads a piece every so often. */
  async trickle(ms: number, over: AbortSignal): Promise<void> {
    const once = (bytes: Uint8Array) => {
      this.#stream.pause();
      this.#deframer.push(bytes);
    };
    this.#stream.on("data", once);
    while (!over.aborted) {
      this.#stream.resume();
      await pause(ms);
    }
    this.#stream.off("data", once);
  }

  [Symbol.dispose](): void {
    this.#stream.close();
    this.#session.destroy();
  }

  #acknowledge(sequence: number | bigint | undefined): void {
    const flow = { creditsMessages: 1, ...(sequence ? { ack: Number(sequence) } : {}) };
    const frame = writeFrame({ flow }, writer);
    const message = new Uint8Array(5 + frame.length);
    new DataView(message.buffer).setUint32(1, frame.length);
    message.set(frame, 5);
    this.#stream.write(message);
  }
}
