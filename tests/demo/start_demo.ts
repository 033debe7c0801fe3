import { taskFlags } from "../compile/task_flags.ts";

const ROOT = new URL("../../", import.meta.url);
const MAIN = new URL("demo/main.ts", ROOT).pathname;

/** A demo that runs, as a process with its task's own permissions. */
export interface RunningDemo extends AsyncDisposable {
  /** Waits until what it prints matches. */
  prints(pattern: RegExp): Promise<RegExpMatchArray>;
  /** Presses Ctrl-C; gives the exit code. */
  interrupt(): Promise<number>;
  /** Waits for its end; gives all that it printed, errors included. */
  output(): Promise<{ code: number; text: string }>;
}

/** Starts `deno task demo` with these arguments. */
export async function startDemo(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<RunningDemo> {
  const config = JSON.parse(await Deno.readTextFile(new URL("deno.json", ROOT)));
  // The task computes this one in the shell.
  const flags = taskFlags(config, "demo").filter((flag) => !flag.startsWith("--allow-run"));
  const run = `--allow-run=${Deno.execPath()}`;
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--frozen", ...flags, run, MAIN, ...args],
    env: { KUBECONFIG: "", NO_COLOR: "1", ...env },
    cwd: ROOT,
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let text = "";
  let changed = Promise.withResolvers<void>();
  const read = async (stream: ReadableStream<Uint8Array<ArrayBuffer>>) => {
    for await (const part of stream.pipeThrough(new TextDecoderStream())) {
      text += part;
      changed.resolve();
      changed = Promise.withResolvers<void>();
    }
  };
  const ended = Promise.all([read(process.stdout), read(process.stderr)]).then(() =>
    process.status
  );
  return {
    async prints(pattern) {
      while (true) {
        const match = text.match(pattern);
        if (match !== null) return match;
        const over = await Promise.race([changed.promise, ended]);
        if (over !== undefined) throw new Error(`ended without ${pattern}: ${text}`);
      }
    },
    async interrupt() {
      process.kill("SIGINT");
      return (await ended).code;
    },
    async output() {
      const { code } = await ended;
      return { code, text };
    },
    async [Symbol.asyncDispose]() {
      try {
        // Killed, it would leave the adapter that it has started.
        process.kill("SIGTERM");
      } catch (error) {
        if (!(error instanceof TypeError)) throw error;
      }
      await ended;
    },
  };
}
