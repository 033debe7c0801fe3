/** What a finished command left. */
export interface Finished {
  /** The exit status. */
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** How a command is run. */
export interface CommandOptions {
  readonly cwd?: string | undefined;
  readonly env?: Record<string, string> | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called with each line of standard error as it comes. */
  readonly onLine?: ((line: string) => void) | undefined;
}

/**
 * Runs a program to its end, without input.
 *
 * @throws {Deno.errors.NotFound} when there is no such program.
 * @throws the reason of `signal` when it is aborted; the program is then ended with SIGTERM.
 */
export async function run(
  program: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<Finished> {
  const { cwd, env, signal, onLine } = options;
  signal?.throwIfAborted();
  const child = new Deno.Command(program, {
    args: [...args],
    ...(cwd === undefined ? {} : { cwd }),
    ...(env === undefined ? {} : { env }),
    ...(signal === undefined ? {} : { signal }),
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const [stdout, stderr, status] = await Promise.all([
    child.stdout.text(),
    readLines(child.stderr, onLine),
    child.status,
  ]);
  signal?.throwIfAborted();
  return { status: status.code, stdout, stderr };
}

async function readLines(
  stream: ReadableStream<Uint8Array>,
  onLine: ((line: string) => void) | undefined,
): Promise<string> {
  let all = "";
  let start = 0;
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    all += text;
    for (let end = all.indexOf("\n", start); end >= 0; end = all.indexOf("\n", start)) {
      onLine?.(all.slice(start, end));
      start = end + 1;
    }
  }
  if (start < all.length) onLine?.(all.slice(start));
  return all;
}
