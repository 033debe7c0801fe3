import { go } from "../tools/go.ts";
import { run } from "../tools/command.ts";
import { ToolsError } from "../tools/errors.ts";
import { BenchError } from "./errors.ts";
import type { Workshop } from "./peer.ts";

const HERE = new URL("./", import.meta.url).pathname;

/**
 * Builds Go programs into `cache` and runs helpers.
 *
 * @param cache an absolute folder
 * @param onStatus hears what is being done
 */
export function openWorkshop(cache: string, onStatus: (text: string) => void): Workshop {
  return {
    async buildGo(folder, main = ".") {
      const binary = `${cache}/${folder.replaceAll("/", "-")}`;
      onStatus(`building ${folder}`);
      // Always asked: Go's own cache answers in a second when nothing has changed.
      const args = ["build", "-mod=readonly", "-trimpath", "-ldflags=-s -w", "-o", binary, main];
      try {
        await go(args, { cwd: HERE + folder });
      } catch (error) {
        if (!(error instanceof ToolsError)) throw error;
        throw new BenchError("unavailable", error.message, { cause: error });
      }
      return binary;
    },
    async goModule(folder, path) {
      const text = await Deno.readTextFile(`${HERE}${folder}/go.mod`);
      const words = text.split(/\s+/);
      // A path may stand there without a version too, as a tool.
      const version = words.find((word, i) => words[i - 1] === path && /^v\d/.test(word))?.slice(1);
      if (version !== undefined) return version;
      throw new BenchError("unavailable", `${folder}/go.mod does not require ${path}`);
    },
    async run(program, args) {
      onStatus([program, ...args].join(" "));
      try {
        const { status, stdout, stderr } = await run(program, args);
        if (status === 0) return stdout;
        throw new BenchError("unavailable", stderr.trim() || `${program} ended with ${status}`);
      } catch (error) {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
        throw new BenchError("unavailable", `there is no ${program} on PATH`, { cause: error });
      }
    },
  };
}
