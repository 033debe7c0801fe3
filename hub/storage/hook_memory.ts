import type { Logger } from "../../contracts/logger.ts";
import { blobName, type BlobStore } from "./blob_store.ts";

/** Where it is kept: `hooks/<namespace>/<run>/<uid>`. */
const FOLDER = "hooks";

/** Runs whose hooks are remembered: longer than the runs themselves, which are forgotten when idle. */
const MAX_RUNS = 10_000;

/** Which run: one that is made anew under the same name is another. */
export interface HookedRun {
  readonly namespace: string;
  readonly storyRun: string;
  readonly uid: string;
}

/** Which lifecycle hooks were told; with a store, a hub that starts knows it from the one before. */
export class HookMemory {
  // By age of the last look.
  readonly #told = new Map<string, Set<string>>();
  readonly #writing = new Map<string, Promise<void>>();

  constructor(readonly store?: BlobStore, readonly logger?: Logger) {}

  /** Reads what a hub before this one has told. What cannot be read is told again. */
  async load(): Promise<void> {
    if (this.store === undefined) return;
    for (const name of (await this.store.list(FOLDER)).slice(-MAX_RUNS)) {
      try {
        const ids: unknown = JSON.parse(new TextDecoder().decode(await this.store.read(name)));
        if (Array.isArray(ids)) this.#told.set(name, new Set(ids.map(String)));
      } catch (error) {
        this.logger?.("WARN", "told hooks cannot be read", { name, err: error });
      }
    }
  }

  has(run: HookedRun, id: string): boolean {
    return this.#of(nameOf(run)).has(id);
  }

  add(run: HookedRun, id: string): void {
    const name = nameOf(run);
    this.#of(name).add(id);
    // Without a uid the next run of that name would be taken for this one.
    if (run.uid !== "") this.#write(name);
  }

  /** Waits until everything is written. */
  async flush(): Promise<void> {
    await Promise.all(this.#writing.values());
  }

  #of(name: string): Set<string> {
    const told = this.#told.get(name) ?? new Set<string>();
    this.#told.delete(name);
    this.#told.set(name, told);
    for (const oldest of this.#told.keys()) {
      if (this.#told.size <= MAX_RUNS) break;
      this.#told.delete(oldest);
      this.#write(oldest);
    }
    return told;
  }

  /** Writes of one run go one after the other; each has what is told by then. */
  #write(name: string): void {
    const { store } = this;
    if (store === undefined) return;
    const write = async () => {
      const told = this.#told.get(name);
      if (told === undefined) return await store.remove(name);
      await store.write(name, new TextEncoder().encode(JSON.stringify([...told])));
    };
    const written = (this.#writing.get(name) ?? Promise.resolve()).then(write)
      .catch((error) => this.logger?.("WARN", "told hooks cannot be kept", { name, err: error }))
      .finally(() => {
        if (this.#writing.get(name) === written) this.#writing.delete(name);
      });
    this.#writing.set(name, written);
  }
}

function nameOf({ namespace, storyRun, uid }: HookedRun): string {
  return blobName(FOLDER, namespace, storyRun, uid || "-");
}
