import { ContractError } from "../../contracts/contract_error.ts";
import type { BlobStore } from "./blob_store.ts";

/** Ending of a file that is being written; a crash may leave one behind. */
const UNFINISHED = ".part";

/**
 * A folder. Bytes are written beside their place, synced, and renamed into it, so that neither a
 * crash of the process nor of the machine leaves half a file.
 */
export class FileStore implements BlobStore {
  #writes = 0;

  private constructor(readonly folder: string) {}

  /**
   * Makes sure that the folder is there and can be written.
   *
   * @throws {ContractError} when it cannot
   */
  static async open(folder: string): Promise<FileStore> {
    const store = new FileStore(folder.replace(/\/+$/, ""));
    try {
      await store.write("writable", new Uint8Array());
      await store.remove("writable");
      await store.#sweep();
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new ContractError(`the folder ${folder} cannot be written: ${why}`, { cause });
    }
    return store;
  }

  async read(name: string): Promise<Uint8Array | undefined> {
    try {
      return await Deno.readFile(this.#path(name));
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw error;
    }
  }

  async write(name: string, bytes: Uint8Array): Promise<void> {
    const path = this.#path(name);
    const part = `${path}.${this.#writes++}${UNFINISHED}`;
    try {
      using file = await create(part);
      for (let from = 0; from < bytes.length;) from += await file.write(bytes.subarray(from));
      await file.sync();
      await Deno.rename(part, path);
    } catch (error) {
      await Deno.remove(part).catch(() => {});
      throw error;
    }
  }

  async remove(name: string): Promise<void> {
    let path = this.#path(name);
    try {
      await Deno.remove(path);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
    // Folders that are empty now go too: each run has one. One that is not refuses.
    for (path = parent(path); path.length > this.folder.length; path = parent(path)) {
      try {
        await Deno.remove(path);
      } catch {
        return;
      }
    }
  }

  async list(path: string): Promise<string[]> {
    const names: string[] = [];
    for await (const name of this.#walk(path)) if (!name.endsWith(UNFINISHED)) names.push(name);
    return names.sort();
  }

  /** Removes what a crash left unfinished. */
  async #sweep(): Promise<void> {
    for await (const name of this.#walk("")) {
      if (name.endsWith(UNFINISHED)) await Deno.remove(this.#path(name));
    }
  }

  async *#walk(path: string): AsyncGenerator<string> {
    const entries: Deno.DirEntry[] = [];
    try {
      for await (const entry of Deno.readDir(this.#path(path))) entries.push(entry);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return;
      throw error;
    }
    for (const { name, isDirectory, isFile } of entries) {
      const inner = path === "" ? name : `${path}/${name}`;
      if (isDirectory) yield* this.#walk(inner);
      else if (isFile) yield inner;
    }
  }

  #path(name: string): string {
    if (name.split("/").some((part) => part === "." || part === "..")) {
      throw new ContractError(`${name} is no name of stored bytes`);
    }
    return name === "" ? this.folder : `${this.folder}/${name}`;
  }
}

/** Opens a new file. Its folder may be removed as empty just after it was made: then once more. */
async function create(path: string): Promise<Deno.FsFile> {
  const options = { write: true, create: true, truncate: true };
  for (let again = true;; again = false) {
    await Deno.mkdir(parent(path), { recursive: true });
    try {
      return await Deno.open(path, options);
    } catch (error) {
      if (!again || !(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
}

function parent(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}
