import type { Book } from "../../../hub/delivery/leg_ledger.ts";
import { CACHE, runHub } from "../testing/hub_process.ts";

const GRPC = "GRPC_NODE_TRACE,GRPC_TRACE,GRPC_NODE_VERBOSITY,GRPC_VERBOSITY," +
  "GRPC_SSL_CIPHER_SUITES,GRPC_DEFAULT_SSL_ROOTS_FILE_PATH,GRPC_NODE_DEBUG_SEND_ERROR_DETAILS," +
  "GRPC_NODE_USE_ALTERNATIVE_RESOLVER,GRPC_EXPERIMENTAL_ENABLE_OUTLIER_DETECTION," +
  "grpc_proxy,http_proxy,https_proxy,no_grpc_proxy,no_proxy";

async function killed(child: Deno.ChildProcess, reading: Promise<unknown>): Promise<void> {
  try {
    child.kill("SIGKILL");
  } catch (error) {
    // It ended by itself.
    if (!(error instanceof TypeError)) throw error;
  }
  await child.status;
  await reading;
}

async function readLines(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  take: (line: string) => void,
): Promise<void> {
  let text = "";
  for await (const chunk of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (text + chunk).split("\n");
    text = lines.pop() ?? "";
    for (const line of lines) take(line);
  }
}

/** A connector as a process, which can be started again where it was. */
export class ConnectorActor {
  log = "";
  #child: Deno.ChildProcess | undefined;
  #reading: Promise<unknown> = Promise.resolve();

  constructor(readonly env: Record<string, string>, readonly httpPort: number) {}

  async start(): Promise<void> {
    const http = { CONNECTOR_HTTP_LISTEN_ADDR: `127.0.0.1:${this.httpPort}` };
    const child = await runHub([], { ...CACHE, ...this.env, ...http }, "connector");
    this.#child = child;
    const keep = (line: string) => void (this.log = `${this.log}${line}\n`.slice(-20_000));
    this.#reading = Promise.all([child.stdout, child.stderr].map((one) => readLines(one, keep)));
  }

  async kill(): Promise<void> {
    if (this.#child !== undefined) await killed(this.#child, this.#reading);
  }
}

/** An engram as a process. What it has said outlives it, as the effects of a real one do. */
export class EngramActor {
  readonly sent: number[] = [];
  readonly got: number[] = [];
  #book: Book | undefined;
  #child: Deno.ChildProcess | undefined;
  #reading: Promise<unknown> = Promise.resolve();
  #until = 0;
  #marked = 0;
  complaints = "";

  constructor(readonly port: string, readonly counts: boolean) {}

  async start(): Promise<void> {
    const { counts, port } = this;
    const book = this.#book;
    // One that counts goes on; one that does not sends again what is not known to have arrived.
    const from = counts ? this.sent.length : this.#marked;
    const child = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--no-prompt",
        "--frozen",
        "--allow-net=127.0.0.1",
        `--allow-env=${GRPC}`,
        new URL("engram.ts", import.meta.url).pathname,
        `--port=${port}`,
        `--from=${from}`,
        ...(counts ? ["--counts"] : []),
        ...(book === undefined ? [] : [`--about=${book.name};${book.sent};${book.received}`]),
      ],
      env: CACHE,
      clearEnv: true,
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#child = child;
    this.#reading = Promise.all([
      readLines(child.stdout, (line) => this.#said(line)),
      readLines(child.stderr, (line) => void (this.complaints += `${line}\n`)),
    ]);
    await this.#tell(`until ${this.#until}`);
  }

  async until(count: number): Promise<void> {
    this.#until = count;
    await this.#tell(`until ${count}`);
  }

  /** Everything that was sent has arrived. */
  async mark(): Promise<void> {
    this.#marked = this.#until;
    await this.#tell("mark");
  }

  async kill(): Promise<void> {
    if (this.#child !== undefined) await killed(this.#child, this.#reading);
  }

  async #tell(line: string): Promise<void> {
    const writer = this.#child?.stdin.getWriter();
    await writer?.write(new TextEncoder().encode(`${line}\n`));
    writer?.releaseLock();
  }

  #said(line: string): void {
    const [what, first = "", sent, received] = line.split(" ");
    const book = this.#book;
    if (what === "b") {
      this.#book = { name: first, sent: Number(sent), received: Number(received) };
      return;
    }
    (what === "s" ? this.sent : this.got).push(Number(first));
    if (book === undefined) return;
    this.#book = what === "s"
      ? { ...book, sent: book.sent + 1 }
      : { ...book, received: book.received + 1 };
  }
}
