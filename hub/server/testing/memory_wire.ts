import { type Message, readFrame } from "../../proto/frame.ts";
import { type JsonObject, structToJson } from "../../proto/struct.ts";
import type { Wire } from "../wire.ts";

/** A connection that keeps what is written to it. */
export class MemoryWire implements Wire {
  readonly frames: Uint8Array[] = [];
  paused = false;
  ended: { code: number; detail: string; owner?: string } | undefined;
  /** Frames that it takes before it asks to wait. */
  room = Infinity;

  get messages(): Message[] {
    return this.frames.flatMap(readFrame);
  }

  /** Payloads of the packets that were written. */
  get payloads(): JsonObject[] {
    return this.messages.flatMap(({ packet }) => {
      const payload = packet?.decoded().payload;
      return payload === undefined ? [] : [structToJson(payload)];
    });
  }

  write(frame: Uint8Array): boolean {
    this.frames.push(frame.slice());
    return --this.room > 0;
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
  }

  end(code: number, detail: string, owner?: string): void {
    this.ended = { code, detail, ...(owner === undefined ? {} : { owner }) };
  }
}
