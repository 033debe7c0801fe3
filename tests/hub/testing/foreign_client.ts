import { PROTOCOL_VERSION } from "../../../contracts/transport/names.ts";
import type { KeyPair } from "../../cluster/x509.ts";
import { LineProcess, type Said } from "./line_process.ts";
import type { TestHub } from "./test_hub.ts";

/** What a client of tests/tools tells of one of its streams. */
interface StreamEvent extends Said {
  readonly stream: string;
  readonly heartbeat?: true;
  readonly payload?: { readonly n: number } & Said;
  readonly metadata?: Record<string, string>;
  readonly sequence?: number;
  /** The stream is over; gRPC's code. */
  readonly status?: number;
  readonly details?: string;
  /** A message broke the original's rules. */
  readonly invalid?: string;
}

export interface Opening {
  /** Without one the client has no certificate. */
  readonly certificate?: KeyPair | undefined;
  /** In place of the usual headers; undefined leaves one out. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
  /** Acknowledges each packet and gives credit for it. */
  readonly credit?: boolean;
}

/**
 * A client of `HubService.Process` in another language, as a process with many streams. It is told
 * what to do by orders that all languages understand:
 *
 * - `{open, address, ca, certificate?, key?, headers, credit}`: a stream of this name, with PEM texts
 * - `{send, from, count}`: packets `{n, text, list}` on a stream
 * - `{raw, hex, zeros}`: these bytes, and so many zeros, as one message
 * - `{end}`: no more from this side · `{close}`: an end to all of it
 * - `{validate, hex}`: only in Go; `{refused}` is why the original's rules refuse a message, or ""
 */
export class ForeignClient extends LineProcess<StreamEvent> {
  constructor(command: readonly string[], readonly hub: TestHub) {
    super([...command, new URL("../../../hub/proto", import.meta.url).pathname]);
  }

  async open(name: string, step: string, opening: Opening = {}): Promise<void> {
    const headers: Record<string, string | undefined> = {
      "storyrun-name": "voice-1",
      "storyrun-namespace": "demo",
      "current-step-id": step,
      "connector-generation": "1",
      "bubu-transport-protocol": PROTOCOL_VERSION,
      "startup.capabilities": "none",
      ...opening.headers,
    };
    await this.order({
      open: name,
      address: `localhost:${this.hub.running.port}`,
      ca: this.hub.authority.certificate,
      ...opening.certificate,
      headers: JSON.parse(JSON.stringify(headers)),
      credit: opening.credit ?? false,
    });
  }

  of(stream: string): StreamEvent[] {
    return this.events.filter((event) => event.stream === stream);
  }

  packets(stream: string): StreamEvent[] {
    return this.of(stream).filter(({ payload }) => payload !== undefined);
  }

  /** Waits for a stream's end. */
  async status(stream: string): Promise<{ status: number; details: string }> {
    const ended = () => this.of(stream).find(({ status }) => status !== undefined);
    await this.until(() => ended() !== undefined);
    const { status = -1, details = "" } = ended() ?? {};
    return { status, details };
  }
}
