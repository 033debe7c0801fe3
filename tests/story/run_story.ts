import type { RunReport } from "../../story/count/run_report.ts";
import { taskFlags } from "../compile/task_flags.ts";

const ROOT = new URL("../../", import.meta.url);

/** What Deno needs to find its cache when the environment is otherwise empty. */
const CACHE = Object.fromEntries(
  ["DENO_DIR", "HOME", "PATH"].map((name) => [name, Deno.env.get(name) ?? ""]),
);

/** A runner as a process with its task's own permissions. */
export interface RunningStory extends AsyncDisposable {
  /** Waits until what it says matches, from the `nth` match on. */
  says(pattern: RegExp, nth?: number): Promise<RegExpMatchArray>;
  signal(name: Deno.Signal): void;
  /** Waits for its end. */
  ended(): Promise<{ code: number; stdout: string; stderr: string }>;
  /** Waits for its end, and reads the line of `--json`. */
  report(): Promise<{ code: number; report: RunReport }>;
}

/** Starts `deno task story` with these arguments. */
export async function runStory(...args: string[]): Promise<RunningStory> {
  const config = JSON.parse(await Deno.readTextFile(new URL("deno.json", ROOT)));
  // The task computes this one in the shell.
  const flags = taskFlags(config, "story").filter((flag) => !flag.startsWith("--allow-run"));
  const process = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--no-prompt",
      "--frozen",
      ...flags,
      `--allow-run=${Deno.execPath()}`,
      "story/main.ts",
      ...args,
    ],
    cwd: ROOT,
    env: { ...CACHE, NO_COLOR: "1" },
    clearEnv: true,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const text = { stdout: "", stderr: "" };
  let changed = Promise.withResolvers<void>();
  const read = async (name: "stdout" | "stderr") => {
    for await (const part of process[name].pipeThrough(new TextDecoderStream())) {
      text[name] += part;
      changed.resolve();
      changed = Promise.withResolvers<void>();
    }
  };
  const end = Promise.all([process.status, read("stdout"), read("stderr")])
    .then(([{ code }]) => ({ code, ...text }));
  return {
    async says(pattern, nth = 0) {
      const all = new RegExp(pattern, "g");
      while (true) {
        const match = [...(text.stdout + text.stderr).matchAll(all)][nth];
        if (match !== undefined) return match;
        const over = await Promise.race([changed.promise, end]);
        if (over !== undefined) {
          throw new Error(`ended without ${pattern}: ${text.stdout}${text.stderr}`);
        }
      }
    },
    signal: (name) => process.kill(name),
    ended: () => end,
    async report() {
      const { code, stdout, stderr } = await end;
      const lines = stdout.trim().split("\n");
      if (lines.length !== 1 || lines[0] === "") throw new Error(`no report: ${stdout}${stderr}`);
      return { code, report: JSON.parse(lines[0]!) };
    },
    async [Symbol.asyncDispose]() {
      try {
        process.kill("SIGTERM");
      } catch (error) {
        // It has ended by itself.
        if (!(error instanceof TypeError)) throw error;
      }
      await end;
    },
  };
}

/** Sends a signal to a process that is none of ours; false when there is no such process. */
export async function kill(pid: string, signal: string): Promise<boolean> {
  const { success } = await new Deno.Command("kill", {
    args: ["-s", signal, pid],
    stderr: "null",
  }).output();
  return success;
}

/** Waits until there is no such process. */
export async function gone(pid: string): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (await kill(pid, "0")) {
    if (Date.now() > deadline) throw new Error(`process ${pid} is still there`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
