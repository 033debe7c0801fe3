import { type CommandOptions, type Finished, run } from "../command.ts";
import { ToolsError } from "../errors.ts";
import { checkGoVersion, go } from "../go.ts";

/** Programs of other languages that tests/hub runs: an engram on the original's SDK, and clients. */
export interface ClientProgram {
  readonly name: "engram" | "go" | "python" | "node";
  /** Folder with the sources, beside this file. */
  readonly folder: string;
  /** Which of its files decide about what is made; the folder in the cache is named by them. */
  readonly sources: RegExp;
  /** What to run, within the folder in the cache, and its arguments. */
  readonly command: readonly [program: string, ...args: string[]];
  /** Makes it: `from` the sources, `to` an empty folder, which moves when all is well. */
  make(from: string, to: string, options: CommandOptions): Promise<unknown>;
}

export const CLIENT_PROGRAMS: readonly ClientProgram[] = [
  goProgram("engram", "../engram", "."),
  goProgram("go", "../transport_golden", "./client"),
  {
    name: "python",
    folder: "python",
    sources: /^requirements\.txt$/,
    command: ["bin/python"],
    async make(from, to, options) {
      // The venv keeps no path of its own in what is run here, so that it may be moved.
      await command("python3", ["-m", "venv", to], options);
      const install = ["install", "--quiet", "--require-hashes", "--only-binary=:all:"];
      const pip = ["-m", "pip", ...install, "--requirement", `${from}/requirements.txt`];
      await command(`${to}/bin/python`, pip, options);
    },
  },
  {
    name: "node",
    folder: "node",
    sources: /^(package|package-lock)\.json$|\.mjs$/,
    command: ["node", "client.mjs"],
    async make(from, to, options) {
      // Node looks for packages beside the script.
      for (const name of ["package.json", "package-lock.json", "client.mjs"]) {
        await Deno.copyFile(`${from}/${name}`, `${to}/${name}`);
      }
      const flags = ["--ignore-scripts", "--no-audit", "--no-fund"];
      await command("npm", ["ci", ...flags], { ...options, cwd: to });
    },
  },
];

function goProgram(name: "engram" | "go", folder: string, main: string): ClientProgram {
  return {
    name,
    folder,
    sources: /\.(go|mod|sum)$/,
    command: [name],
    async make(from, to, options) {
      const cwd = { ...options, cwd: from };
      checkGoVersion((await go(["version"], cwd)).stdout);
      const flags = ["-mod=readonly", "-trimpath", "-ldflags=-s -w"];
      await go(["build", ...flags, "-o", `${to}/${name}`, main], cwd);
    },
  };
}

/** Runs what need not be there, and has to succeed. */
async function command(
  program: string,
  args: readonly string[],
  options: CommandOptions,
): Promise<Finished> {
  // Through sh: a list of what may be run cannot name what is only made here.
  const finished = await run("sh", ["-c", 'exec "$0" "$@"', program, ...args], options);
  if (finished.status === 0) return finished;
  const complaint = `${finished.stderr}\n${finished.stdout}`.trim().split("\n").slice(-20);
  throw new ToolsError(
    "client-failed",
    `${program} ${args[0]} ended with ${finished.status}: ${complaint.join("\n")}`,
  );
}
