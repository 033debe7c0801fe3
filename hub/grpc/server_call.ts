import { Buffer } from "node:buffer";
import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import { OWNER_HEADER } from "../placement/headers.ts";
import { Code } from "../server/refusal.ts";
import type { Wire } from "../server/wire.ts";
import type { CallStats } from "./call_metrics.ts";
import { ACCEPTED_ENCODINGS, type Decompress, decompressor } from "./compression.ts";
import { Deframer, FrameError, PREFIX_BYTES } from "./deframer.ts";
import { encodeGrpcMessage } from "./grpc_message.ts";
import { parseTimeout } from "./timeout.ts";

const CONTENT_TYPE = "application/grpc+proto";
/** Bytes that a call may have waiting for its client; a writer is asked to wait from there on. */
const MAX_WAITING_BYTES = 64 * 1024;
/** From here down it is told to go on. */
const LOW_WAITING_BYTES = MAX_WAITING_BYTES / 2;
/** Room that a stream begins with, when it has something to say. */
const FIRST_WRITE_BYTES = 512;
const MAX_TIMER_MS = 2 ** 31 - 1;

export interface CallLimits {
  /** Bytes of a message either compressed or not. */
  readonly maxMessageBytes: number;
  /** Milliseconds that a client has to take what is left when its call was ended. */
  readonly endTimeout: number;
}

/** Whom a connection is of. */
export interface Client {
  /** `subjectaltname` of its certificate, as node:tls gives it; undefined without TLS. */
  readonly names: string | undefined;
  /** For the log. */
  readonly address: string;
}

/** What is told of a call from `accept` on. */
export interface CallHandlers {
  /** Bytes that are only valid as long as nobody changes them: keep them, but do not write to them. */
  message(bytes: Uint8Array): void;
  /** After a `write` that said false: go on. */
  drained(): void;
  /** The client has said everything. */
  ended(): void;
  /** Once, when nothing more comes and nothing more can be written, whyever. */
  closed(): void;
}

/**
 * One bidirectional gRPC call over a stream of HTTP/2. Messages that are written within a turn of the
 * event loop leave in one piece: a stream of node:http2 costs about ten microseconds a write, and a
 * message of 100 bytes less than one.
 */
export class ServerCall implements Wire {
  #handlers: CallHandlers | undefined;
  #buffer = new Uint8Array(0);
  #length = 0;
  #scheduled = false;
  /** Bytes that the stream below has taken, and that have not left yet. */
  #unsent = 0;
  /** Somebody waits for `drained`. */
  #waited = false;
  #ended = false;
  #closed = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #handled: ((code: Code) => void) | undefined;

  /** @param stats counts it; absent for what is no method of the server */
  constructor(
    readonly stream: ServerHttp2Stream,
    readonly headers: IncomingHttpHeaders,
    readonly client: Client,
    readonly limits: CallLimits,
    private readonly stats?: CallStats,
  ) {
    this.#handled = stats?.begin();
    // Without a listener a client that resets its stream would end the process.
    stream.on("error", () => {});
    stream.on("close", () => this.#over());
    const timeout = this.header("grpc-timeout");
    if (timeout !== undefined) this.#expire(timeout);
  }

  /** The first value of a header. */
  header(name: string): string | undefined {
    const value = this.headers[name];
    return Array.isArray(value) ? value[0] : value;
  }

  /** Whether the call is over, for who waited before `accept`. */
  get isOver(): boolean {
    return this.#ended || this.#closed;
  }

  /**
   * Answers with headers, and begins to read.
   *
   * @returns false when the call is over, and nobody will be told
   */
  accept(headers: Readonly<Record<string, string>>, handlers: CallHandlers): boolean {
    if (this.isOver) return false;
    const encoding = this.header("grpc-encoding") ?? "identity";
    const decompress = decompressor(encoding, this.limits.maxMessageBytes);
    if (decompress === undefined) {
      this.end(Code.unimplemented, `messages compressed as ${encoding} cannot be read`);
      return false;
    }
    this.#handlers = handlers;
    this.stream.respond({
      ":status": 200,
      "content-type": CONTENT_TYPE,
      "grpc-accept-encoding": ACCEPTED_ENCODINGS,
      ...headers,
    }, { waitForTrailers: true });
    this.#read(handlers, decompress);
    return true;
  }

  /** Takes a copy: the frame may be changed after. */
  write(frame: Uint8Array): boolean {
    if (this.isOver) return true;
    if (this.stats !== undefined) this.stats.sent++;
    const start = this.#length;
    const end = start + PREFIX_BYTES + frame.length;
    if (end > this.#buffer.length) this.#grow(end);
    const buffer = this.#buffer;
    const { length } = frame;
    buffer[start] = 0;
    buffer[start + 1] = length >>> 24;
    buffer[start + 2] = length >>> 16;
    buffer[start + 3] = length >>> 8;
    buffer[start + 4] = length;
    buffer.set(frame, start + PREFIX_BYTES);
    this.#length = end;
    if (!this.#scheduled) {
      this.#scheduled = true;
      queueMicrotask(() => this.#flush());
    }
    // Whoever was asked to wait is told when to go on, whatever was written since.
    this.#waited ||= end + this.#unsent >= MAX_WAITING_BYTES;
    return !this.#waited;
  }

  /** So many bytes of this call have left. */
  sent(bytes: number): void {
    this.#unsent -= bytes;
    if (this.isOver || this.#unsent > LOW_WAITING_BYTES) return;
    if (this.#length > 0 && !this.#scheduled) this.#flush();
    if (!this.#waited || this.#length + this.#unsent > LOW_WAITING_BYTES) return;
    this.#waited = false;
    this.#handlers?.drained();
  }

  pause(): void {
    this.stream.pause();
  }

  resume(): void {
    this.stream.resume();
  }

  /** Ends the call with a status, after what was written. */
  end(code: Code, details: string, owner?: string): void {
    if (this.isOver) return;
    const trailers = {
      "grpc-status": String(code),
      "grpc-message": encodeGrpcMessage(details),
      ...(owner === undefined ? {} : { [OWNER_HEADER]: owner }),
    };
    if (this.stream.headersSent) {
      this.stream.once("wantTrailers", () => this.stream.sendTrailers(trailers));
      if (this.#length > 0) this.stream.write(this.#taken());
      this.stream.end();
    } else {
      this.stream.respond({ ":status": 200, "content-type": CONTENT_TYPE, ...trailers }, {
        endStream: true,
      });
    }
    this.#ended = true;
    this.#handled?.(code);
    clearTimeout(this.#timer);
    // What still comes is thrown away, or it would fill the window of the whole connection.
    this.stream.resume();
    this.#timer = setTimeout(
      () => this.stream.close(constants.NGHTTP2_CANCEL),
      this.limits.endTimeout,
    );
    this.#tellClosed();
  }

  #read(handlers: CallHandlers, decompress: Decompress): void {
    const deframer = new Deframer(this.limits.maxMessageBytes, (message, compressed) => {
      if (this.isOver) return;
      if (this.stats !== undefined) this.stats.received++;
      handlers.message(compressed ? decompress(message) : message);
    });
    this.stream.on("data", (chunk: Uint8Array) => {
      if (this.isOver) return;
      try {
        deframer.push(chunk);
      } catch (error) {
        if (!(error instanceof FrameError)) throw error;
        const code = error.code === "oversize" ? Code.resourceExhausted : Code.internal;
        this.end(code, error.message);
      }
    });
    this.stream.on("end", () => {
      if (this.isOver) return;
      if (deframer.isWithin) return this.end(Code.internal, "the last message is cut off");
      handlers.ended();
    });
  }

  #flush(): void {
    this.#scheduled = false;
    if (this.isOver || this.#length === 0 || this.#unsent >= MAX_WAITING_BYTES) return;
    // What it answers says nothing in Deno 2.9.2 (watched_socket.ts): `sent` does.
    this.stream.write(this.#taken());
  }

  #taken(): Buffer {
    const bytes = Buffer.from(this.#buffer.buffer, 0, this.#length);
    // The stream keeps it until it is sent, so that there is a new one for what comes next.
    this.#buffer = new Uint8Array(0);
    this.#unsent += this.#length;
    this.#length = 0;
    return bytes;
  }

  #grow(least: number): void {
    const grown = new Uint8Array(Math.max(least, this.#buffer.length * 2, FIRST_WRITE_BYTES));
    grown.set(this.#buffer.subarray(0, this.#length));
    this.#buffer = grown;
  }

  #expire(text: string): void {
    const timeout = parseTimeout(text);
    if (timeout === undefined) {
      return this.end(Code.internal, `grpc-timeout ${JSON.stringify(text)} is none`);
    }
    this.#timer = setTimeout(
      () => this.end(Code.deadlineExceeded, "the client's deadline is over"),
      Math.min(timeout, MAX_TIMER_MS),
    );
  }

  #over(): void {
    this.#closed = true;
    this.#handled?.(Code.cancelled);
    clearTimeout(this.#timer);
    this.#tellClosed();
  }

  #tellClosed(): void {
    const handlers = this.#handlers;
    this.#handlers = undefined;
    handlers?.closed();
  }
}
