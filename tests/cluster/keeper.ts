/**
 * Child processes that never outlive the test that started them.
 *
 * Beside them runs one small shell, the reaper, which holds the read end of a pipe. When this
 * process ends in whatever way (failed test, Ctrl-C, kill -9), the kernel closes the pipe, and the
 * reaper kills what was started and removes the folder. An orderly end takes the same way.
 */

/** A started program. */
export interface KeptProcess {
  readonly name: string;
  readonly pid: number;
  /** Resolves when the process has ended, with a sentence about how. */
  readonly ended: Promise<string>;
  /** Sends a signal and waits for the end. Does nothing when it has ended. */
  stop(signal: Deno.Signal): Promise<void>;
  /** Sends a signal and does not wait: SIGSTOP freezes, SIGCONT thaws. */
  signal(signal: Deno.Signal): void;
  /** Everything the process has printed, both streams in one. */
  output(): Promise<string>;
}

/** What a program is started with. */
export interface StartOptions {
  /** Names the process in messages, and its log file. A second start appends to the same log. */
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
  /** Variables beside the inherited ones, or instead of them with `clearEnv`. */
  readonly env?: Readonly<Record<string, string>>;
  readonly clearEnv?: boolean;
  readonly cwd?: string;
}

/** Starts processes and ends them. */
export interface Keeper extends AsyncDisposable {
  /** A folder for their files, which goes with them. */
  readonly folder: string;
  start(options: StartOptions): KeptProcess;
}

/**
 * Reads lines `+ pid` and `- pid`; at the end of input kills what is left and removes the folder.
 * The signals of Ctrl-C reach the whole process group: the reaper must outlive them.
 */
const REAPER = `
trap '' INT TERM HUP
pids=
while read -r verb pid; do
  left=
  for old in $pids; do
    [ "$old" = "$pid" ] || left="$left $old"
  done
  pids=$left
  [ "$verb" = - ] || pids="$pids $pid"
done
[ -z "$pids" ] || kill -9 $pids 2>/dev/null
for again in 1 2 3; do
  rm -rf -- "$0" 2>/dev/null && break
  sleep 1
done
`;

/** The program takes the shell's place: its pid is the one that was spawned. */
const LEAD = 'exec "$@" >>"$0" 2>&1 </dev/null';

/** Makes a keeper with a new temporary folder. */
export async function createKeeper(prefix: string): Promise<Keeper> {
  const folder = await Deno.makeTempDir({ prefix });
  const reaper = new Deno.Command("sh", {
    args: ["-c", REAPER, folder],
    stdin: "piped",
    stdout: "null",
    stderr: "null",
  }).spawn();
  const pipe = reaper.stdin.getWriter();
  const encoder = new TextEncoder();
  const running = new Set<KeptProcess>();
  const tell = (verb: "+" | "-", pid: number) => pipe.write(encoder.encode(`${verb} ${pid}\n`));

  function start({ name, program, args, env, clearEnv, cwd }: StartOptions): KeptProcess {
    const log = `${folder}/${name}.log`;
    const child = new Deno.Command("sh", {
      args: ["-c", LEAD, log, program, ...args],
      ...(env === undefined ? {} : { env: { ...env } }),
      ...(clearEnv === undefined ? {} : { clearEnv }),
      ...(cwd === undefined ? {} : { cwd }),
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    const told = tell("+", child.pid);
    const process: KeptProcess = {
      name,
      pid: child.pid,
      ended: child.status.then(async (status) => {
        running.delete(process);
        await told;
        await tell("-", child.pid);
        return `${name} ended with ${status.signal ?? `status ${status.code}`}`;
      }),
      async stop(signal) {
        process.signal(signal);
        await process.ended;
      },
      signal(signal) {
        if (running.has(process)) child.kill(signal);
      },
      output: () => Deno.readTextFile(log),
    };
    running.add(process);
    return process;
  }

  return {
    folder,
    start,
    async [Symbol.asyncDispose]() {
      await Promise.all([...running].map((process) => process.stop("SIGKILL")));
      await pipe.close();
      await reaper.status;
    },
  };
}
