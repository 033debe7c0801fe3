/** One line that a child wrote: a log line of ours, or any text. */
export type ChildLine = Readonly<Record<string, unknown>> | string;

export interface ChildOptions {
  /** For people: `hub`, `connector of gate`. */
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Whether it gets nothing but `env`. */
  readonly clearEnv: boolean;
  /** Whether a line says that the child does its work; absent: it does so at once. */
  readonly isReady?: (line: ChildLine) => boolean;
  readonly onStart?: (pid: number) => void;
  readonly onLine?: (line: ChildLine) => void;
  /** It ended unasked; `again` in so many milliseconds, or never. */
  readonly onEnd: (end: ChildEnd) => void;
}

export interface ChildEnd {
  readonly code: number;
  readonly signal: string | null;
  /** Milliseconds until it is started again; undefined when it is given up. */
  readonly again: number | undefined;
  /** The last that it said. */
  readonly lastWords: string;
}

const FIRST_PAUSE_MS = 100;
const LAST_PAUSE_MS = 5_000;
/** A child that lived so long starts anew with the first pause. */
const STEADY_MS = 10_000;
/** Exit code of our programs for a setting that is wrong: starting again does not help. */
const WRONG_SETTING = 2;
/** Who never worked is not started more often. */
const FIRST_TRIES = 3;
/** Lines that are kept as last words. */
const KEPT_LINES = 5;

/** A process that is kept running until it is stopped. */
export class Child {
  /** How often it was started again. */
  restarts = 0;
  #process: Deno.ChildProcess | undefined;
  #stopping = false;
  #pauses = 0;
  #ready = Promise.withResolvers<void>();
  #isReady = false;
  #wasReady = false;
  #ended: Promise<void> = Promise.resolve();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(readonly options: ChildOptions) {
    this.#ready.promise.catch(() => {});
  }

  /** Whether it does its work at the moment. */
  get isReady(): boolean {
    return this.#isReady;
  }

  /** Whether it has ended and is to be started again. */
  get isDown(): boolean {
    return this.#process === undefined;
  }

  /**
   * Starts it; resolves when it does its work for the first time.
   *
   * @throws {Error} when it ends for good before
   */
  start(): Promise<void> {
    this.#spawn();
    return this.#ready.promise;
  }

  /** Asks it to end, and kills it when it has not within `grace` milliseconds. */
  async stop(grace: number): Promise<void> {
    this.#stopping = true;
    this.#ready.resolve();
    clearTimeout(this.#timer);
    this.#signal("SIGTERM");
    const timer = setTimeout(() => this.#signal("SIGKILL"), grace);
    await this.#ended;
    clearTimeout(timer);
  }

  #spawn(): void {
    const { program, args, env, clearEnv } = this.options;
    const startedAt = performance.now();
    const process = new Deno.Command(program, {
      args: [...args],
      env: { ...env },
      clearEnv,
      // Never written to: it closes when this process ends, and the child ends with it.
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#process = process;
    this.options.onStart?.(process.pid);
    const words: string[] = [];
    const hear = (text: string) => {
      words.push(text);
      if (words.length > KEPT_LINES) words.shift();
    };
    const reading = [process.stdout, process.stderr].map((stream) =>
      lines(stream, (text) => {
        hear(text);
        this.#line(parseLine(text));
      })
    );
    if (this.options.isReady === undefined) this.#becomeReady();
    this.#ended = Promise.all([process.status, ...reading]).then(async ([{ code, signal }]) => {
      await process.stdin.close().catch(() => {});
      this.#isReady = false;
      this.#process = undefined;
      if (this.#stopping) return;
      if (performance.now() - startedAt > STEADY_MS) this.#pauses = 0;
      const isHopeless = code === WRONG_SETTING ||
        !this.#wasReady && this.restarts >= FIRST_TRIES - 1;
      const again = isHopeless
        ? undefined
        : Math.min(FIRST_PAUSE_MS * 2 ** this.#pauses++, LAST_PAUSE_MS);
      const lastWords = words.join("\n");
      this.options.onEnd({ code, signal, again, lastWords });
      if (again === undefined) {
        return this.#ready.reject(new Error(`${this.options.name} ended: ${lastWords}`));
      }
      this.#timer = setTimeout(() => {
        this.restarts++;
        this.#spawn();
      }, again);
    });
  }

  #line(line: ChildLine): void {
    if (this.options.isReady?.(line)) this.#becomeReady();
    this.options.onLine?.(line);
  }

  #becomeReady(): void {
    this.#isReady = this.#wasReady = true;
    this.#ready.resolve();
  }

  #signal(signal: Deno.Signal): void {
    try {
      this.#process?.kill(signal);
    } catch (error) {
      // It has ended by itself.
      if (!(error instanceof TypeError)) throw error;
    }
  }
}

/** Our programs log a JSON object a line; others write what they like. */
export function parseLine(text: string): ChildLine {
  if (!text.startsWith("{")) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

async function lines(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  onLine: (text: string) => void,
): Promise<void> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const parts = (rest + text).split("\n");
    rest = parts.pop() ?? "";
    for (const part of parts) if (part !== "") onLine(part);
  }
  if (rest !== "") onLine(rest);
}
