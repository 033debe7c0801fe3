import type { ChildOptions } from "./child.ts";

/** What Deno needs to find its cache and the registry, in an environment that is otherwise ours. */
export const CACHE_ENV = [
  "PATH",
  "HOME",
  "DENO_DIR",
  "XDG_CACHE_HOME",
  "TMPDIR",
  "NPM_CONFIG_REGISTRY",
  "DENO_CERT",
  "DENO_TLS_CA_STORE",
  "HTTPS_PROXY",
  "HTTP_PROXY",
  "NO_PROXY",
] as const;

/** What a program's task lets it read of the environment and of the system. */
export type TaskFlags = Readonly<Record<"hub" | "connector", readonly string[]>>;

/** The flags of the two tasks, so that a child may do what its task may, and nothing more. */
export async function readTaskFlags(): Promise<TaskFlags> {
  const text = await Deno.readTextFile(new URL("../../deno.json", import.meta.url));
  const { tasks } = JSON.parse(text) as { tasks: Record<string, { command: string }> };
  const flags = (task: string) => {
    const found = tasks[task]?.command.match(/--allow-(?:env|sys)[^\s'"]*/g);
    if (found === undefined || found === null) throw new Error(`deno.json has no task ${task}`);
    return found;
  };
  return { hub: flags("hub"), connector: flags("connector") };
}

/**
 * The start of one of our programs, with less than its task gives it: all that it has to reach and to
 * read is known here.
 */
export function denoChild(
  program: "hub" | "connector",
  flags: TaskFlags,
  folder: string,
  env: Readonly<Record<string, string>>,
  cache: Readonly<Record<string, string>>,
): Pick<ChildOptions, "program" | "args" | "env" | "clearEnv"> {
  return {
    program: Deno.execPath(),
    args: [
      "run",
      "--no-prompt",
      "--quiet",
      "--frozen",
      "--allow-net=127.0.0.1,localhost",
      `--allow-read=${folder}`,
      ...program === "hub" ? [`--allow-write=${folder}`] : [],
      ...flags[program],
      new URL(`./${program}_child.ts`, import.meta.url).href,
    ],
    env: { ...cache, NO_COLOR: "1", ...env },
    clearEnv: true,
  };
}

/** The start of an engram's command, which may be run and nothing else. */
export function commandChild(
  [program, ...args]: readonly [string, ...string[]],
  env: Readonly<Record<string, string>>,
): Pick<ChildOptions, "program" | "args" | "env" | "clearEnv"> {
  return {
    program: Deno.execPath(),
    args: [
      "run",
      "--no-prompt",
      "--quiet",
      "--frozen",
      `--allow-run=${program}`,
      new URL("./command_child.ts", import.meta.url).href,
      program,
      ...args,
    ],
    // An engram may want what its user has in the environment, keys of services among it.
    env,
    clearEnv: false,
  };
}
