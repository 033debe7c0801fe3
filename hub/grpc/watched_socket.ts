import { Buffer } from "node:buffer";
import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import { DataFrames } from "./data_frames.ts";

type Written = (error?: Error | null) => void;

/**
 * A connection that knows how much of each stream has left it.
 *
 * Deno 2.9.2 completes a write to a stream of node:http2 at once, and keeps what the client has no
 * window for in memory without a bound (measured: a client that does not read gets 128 KiB, and
 * `write` and `drain` take 5 MB). So the bytes that leave are counted where they do: between the
 * session and its socket.
 */
export class WatchedSocket extends Duplex {
  /** Bytes that came. */
  bytesRead = 0;
  readonly #frames = new DataFrames();

  /** @param onSent told, when the socket has taken them, how many bytes of a stream's DATA were sent */
  constructor(
    readonly socket: Socket,
    private readonly onSent: (stream: number, bytes: number) => void,
  ) {
    super();
    socket.setNoDelay(true);
    socket.on("data", (chunk) => {
      this.bytesRead += chunk.length;
      if (!this.push(chunk)) socket.pause();
    });
    socket.on("end", () => this.push(null));
    socket.on("error", (error) => this.destroy(error));
    socket.on("close", () => this.destroy());
  }

  override _read(): void {
    this.socket.resume();
  }

  override _write(chunk: Uint8Array, _encoding: string, written: Written): void {
    this.#send(chunk, written);
  }

  /** What came while the socket was busy goes in one piece. */
  override _writev(chunks: { chunk: Uint8Array }[], written: Written): void {
    this.#send(Buffer.concat(chunks.map(({ chunk }) => chunk)), written);
  }

  override _final(done: Written): void {
    this.socket.end(() => done());
  }

  override _destroy(error: Error | null, done: Written): void {
    this.socket.destroy();
    done(error);
  }

  #send(bytes: Uint8Array, written: Written): void {
    const sent: number[] = [];
    this.#frames.push(bytes, (stream, length) => sent.push(stream, length));
    this.socket.write(bytes, (error) => {
      written(error);
      for (let i = 0; i < sent.length; i += 2) this.onSent(sent[i]!, sent[i + 1]!);
    });
  }
}
