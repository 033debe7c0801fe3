/** How a client keeps a connection without getting on. */
export interface SlowBehaviour {
  /** What it sends at once. */
  readonly opening: string;
  /** What it sends every now and then after that, until the router has had enough. */
  readonly drip?: string;
  /** Whether it takes what the router sends. */
  readonly reads: boolean;
}

const DRIP_MS = 200;

const encoder = new TextEncoder();

/** A client that would keep its connection for ever. */
export class SlowClient implements Disposable {
  readonly #connection: Deno.TcpConn;
  readonly #decoder = new TextDecoder("latin1");
  readonly #reading: Promise<void> | undefined;
  #dripping: ReturnType<typeof setInterval> | undefined;
  #received = "";
  ended = false;

  private constructor(connection: Deno.TcpConn, { drip, reads }: SlowBehaviour) {
    this.#connection = connection;
    if (reads) this.#reading = this.#read();
    if (drip === undefined) return;
    const bytes = encoder.encode(drip);
    this.#dripping = setInterval(() => {
      // Whether it is over, the reading tells.
      connection.write(bytes).catch(() => {});
    }, DRIP_MS);
  }

  static async connect(port: number, behaviour: SlowBehaviour): Promise<SlowClient> {
    const connection = await Deno.connect({ hostname: "127.0.0.1", port });
    const opening = encoder.encode(behaviour.opening);
    for (let at = 0; at < opening.length;) at += await connection.write(opening.subarray(at));
    return new SlowClient(connection, behaviour);
  }

  /** All that the router sends until it closes, Latin-1; one that did not read begins now. */
  async received(): Promise<string> {
    await (this.#reading ?? this.#read());
    return this.#received;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#dripping);
    this.#connection.close();
  }

  async #read(): Promise<void> {
    const buffer = new Uint8Array(256 * 1024);
    while (true) {
      // An end and a reset are both the router's end of it.
      const length = await this.#connection.read(buffer).catch(() => null);
      if (length === null) break;
      this.#received += this.#decoder.decode(buffer.subarray(0, length));
    }
    this.ended = true;
    clearInterval(this.#dripping);
  }
}
