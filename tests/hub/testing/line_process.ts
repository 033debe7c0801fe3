/** What a program says on its standard output: a JSON object a line. */
export type Said = Record<string, unknown>;

/** A program of tests/tools/clients as a process: orders and events are JSON, one a line. */
export class LineProcess<Event extends Said> implements AsyncDisposable {
  readonly events: Event[] = [];
  readonly child: Deno.ChildProcess;
  /** What it wrote to standard error so far. */
  log = "";
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #reading: Promise<unknown>;
  #ended = false;
  #wake = Promise.withResolvers<void>();

  /** @param command from `findClients`; `env` is all that it gets beside PATH */
  constructor(command: readonly string[], env: Record<string, string> = {}) {
    // Through sh: a list of what may be run cannot name what is found in the cache.
    this.child = new Deno.Command("sh", {
      args: ["-c", 'exec "$0" "$@"', ...command],
      env: { PATH: Deno.env.get("PATH") ?? "", ...env },
      clearEnv: true,
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#writer = this.child.stdin.getWriter();
    this.#reading = Promise.all([
      lines(this.child.stdout, (line) => {
        this.events.push(JSON.parse(line));
        this.#notify();
      }),
      lines(this.child.stderr, (line) => {
        this.log += `${line}\n`;
        this.#notify();
      }),
    ]).then(() => {
      this.#ended = true;
      this.#notify();
    });
  }

  order(order: Said): Promise<void> {
    return this.#writer.write(new TextEncoder().encode(`${JSON.stringify(order)}\n`));
  }

  /**
   * Waits until something holds.
   *
   * @throws {Error} with the program's log when it ended before that
   */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      if (this.#ended) throw new Error(`the program ended: ${this.log}\n${this.#last()}`);
      await this.#wake.promise;
    }
  }

  /** Ends it at once; all that it said until then is known when this resolves. */
  async kill(): Promise<void> {
    this.child.kill("SIGKILL");
    await this.#reading;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#ended) {
      try {
        await this.kill();
      } catch (error) {
        // It ended by itself meanwhile.
        if (!(error instanceof TypeError)) throw error;
      }
    }
    await this.child.status;
    await this.#reading;
    await this.#writer.abort().catch(() => {});
  }

  #last(): string {
    return this.events.slice(-3).map((event) => JSON.stringify(event)).join("\n");
  }

  #notify(): void {
    this.#wake.resolve();
    this.#wake = Promise.withResolvers();
  }
}

async function lines(
  stream: ReadableStream<Uint8Array>,
  onLine: (line: string) => void,
): Promise<void> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const parts = (rest + text).split("\n");
    rest = parts.pop() ?? "";
    parts.forEach(onLine);
  }
}
