import { LegLedger } from "../../delivery/leg_ledger.ts";
import { encode } from "../../proto/codec.ts";
import { DataMessage } from "../../proto/messages.ts";
import { jsonToStruct } from "../../proto/struct.ts";
import type { Wire } from "../../server/wire.ts";
import type { Connector } from "../connector.ts";

/** One direction of a connection: whole frames come out of it, as far as their bytes have passed. */
export class Pipe {
  #frames: Uint8Array[] = [];
  #passed = 0;
  open = true;

  put(frame: Uint8Array): void {
    if (this.open) this.#frames.push(frame.slice());
  }

  /** So many bytes pass; a frame that is cut within never comes. */
  pass(bytes: number): Uint8Array[] {
    const whole: Uint8Array[] = [];
    this.#passed += bytes;
    while (this.#frames[0] !== undefined && this.#passed >= this.#frames[0].length) {
      this.#passed -= this.#frames[0].length;
      whole.push(this.#frames.shift()!);
    }
    if (this.#frames.length === 0) this.#passed = 0;
    return whole;
  }
}

export function wireTo(pipe: Pipe): Wire {
  return { write: (frame) => (pipe.put(frame), true), pause() {}, resume() {}, end() {} };
}

/** An engram that counts, and whose counts outlive it: its effects are what it counts. */
export class Engram {
  ledger = new LegLedger("e@0");
  up = new Pipe();
  down = new Pipe();
  wire: Wire = wireTo(this.down);
  sent = 0;
  got = 0;
  #incarnation = 0;

  restart(): void {
    this.ledger = new LegLedger(`e@${++this.#incarnation}`, this.ledger.book);
  }

  connect(connector: Connector): void {
    connector.engramClosed(this.wire);
    this.up = new Pipe();
    this.down = new Pipe();
    this.wire = wireTo(this.down);
    const answer = connector.engramOpened(this.wire, this.ledger.statement());
    if (answer !== undefined) this.ledger.meet(answer);
  }

  send(): void {
    this.sent++;
    this.ledger.sent++;
    this.up.put(encode(DataMessage, { payload: jsonToStruct({ n: this.sent }) }));
  }

  /** Bytes pass both ways. */
  pass(connector: Connector, bytes: number): void {
    for (const frame of this.up.pass(bytes)) connector.engramFrame(this.wire, frame);
    const { length } = this.down.pass(bytes);
    this.got += length;
    this.ledger.received += length;
  }
}
