import type { RunningServer } from "../serve.ts";

/** A TCP connection to a router, for what no well-behaved client sends. */
export class RawClient implements Disposable {
  readonly #connection: Deno.TcpConn;
  readonly #decoder = new TextDecoder();
  /** All that has come so far. */
  received = "";

  private constructor(connection: Deno.TcpConn) {
    this.#connection = connection;
  }

  static async connect({ address }: Pick<RunningServer, "address">): Promise<RawClient> {
    return new RawClient(await Deno.connect(address));
  }

  async send(text: string): Promise<void> {
    await this.#connection.write(new TextEncoder().encode(text));
  }

  /** Reads until `pattern` stands in what was received, or the router closes. */
  async readUntil(pattern: RegExp): Promise<string> {
    const buffer = new Uint8Array(65_536);
    while (!pattern.test(this.received)) {
      const count = await this.#connection.read(buffer).catch(() => null);
      if (count === null) break;
      this.received += this.#decoder.decode(buffer.subarray(0, count), { stream: true });
    }
    return this.received;
  }

  /** Reads until the router closes. */
  readToEnd(): Promise<string> {
    return this.readUntil(/(?!)/);
  }

  [Symbol.dispose](): void {
    this.#connection.close();
  }
}
