import { CRD_FOLDER, CRD_MODULES, type CrdModule } from "./catalog.ts";
import { ToolsError } from "./errors.ts";
import { go } from "./go.ts";
import { UNPROVED } from "./build.ts";

/**
 * Copies the CRD manifests out of their Go modules into `folder`, which appears whole or not at
 * all. The caller holds the lock of the cache.
 *
 * @throws {ToolsError} `go-missing`, `go-failed` or `bad-module`.
 */
export async function fetchCrds(folder: string, signal: AbortSignal): Promise<void> {
  const part = folder + UNPROVED;
  await removeIfThere(part);
  await Deno.mkdir(part, { recursive: true });
  for (const module of CRD_MODULES) {
    const source = `${await download(module, signal)}/${CRD_FOLDER}`;
    let copied = 0;
    for await (const { name, isFile } of Deno.readDir(source)) {
      if (!isFile || !name.endsWith(".yaml")) continue;
      // Read and written, not copied: the module cache is read-only and so would be the copy.
      await Deno.writeTextFile(`${part}/${name}`, await Deno.readTextFile(`${source}/${name}`));
      copied += 1;
    }
    if (copied === 0) throw new ToolsError("bad-module", `${module.path} has no CRDs`);
  }
  await Deno.rename(part, folder);
}

async function download({ path, version, sum }: CrdModule, signal: AbortSignal): Promise<string> {
  const { stdout } = await go(["mod", "download", "-json", `${path}@${version}`], {
    // A folder outside of the tools' modules: this download belongs to no go.mod.
    cwd: import.meta.dirname,
    signal,
  });
  const { Dir, Sum } = JSON.parse(stdout) as { Dir: string; Sum: string };
  if (Sum === sum) return Dir;
  throw new ToolsError("bad-module", `${path}@${version} has the hash ${Sum}, pinned is ${sum}`);
}

async function removeIfThere(path: string): Promise<void> {
  try {
    await Deno.remove(path, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
