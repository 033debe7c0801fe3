import type { BlobStore } from "../blob_store.ts";

/** Bytes in memory, which can be made to fail. */
export class MemoryStore implements BlobStore {
  readonly blobs = new Map<string, Uint8Array>();
  failure: Error | undefined;
  writes = 0;

  read(name: string): Promise<Uint8Array | undefined> {
    return this.#unlessBroken(() => this.blobs.get(name));
  }

  write(name: string, bytes: Uint8Array): Promise<void> {
    return this.#unlessBroken(() => {
      this.writes++;
      this.blobs.set(name, bytes.slice());
    });
  }

  remove(name: string): Promise<void> {
    return this.#unlessBroken(() => void this.blobs.delete(name));
  }

  list(path: string): Promise<string[]> {
    return this.#unlessBroken(() =>
      [...this.blobs.keys()].filter((name) => name.startsWith(`${path}/`)).sort()
    );
  }

  #unlessBroken<T>(work: () => T): Promise<T> {
    return this.failure === undefined ? Promise.resolve(work()) : Promise.reject(this.failure);
  }
}
