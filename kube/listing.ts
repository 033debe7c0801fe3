import type { Change, ObjectIndex } from "./object_index.ts";
import { objectKey } from "./resources.ts";
import type { VersionedObject } from "./watch_stream.ts";

/** Tells a caller of changes. What it throws is the caller's failure. */
export type Deliver = (changes: Change[], object?: VersionedObject) => void;

/**
 * One list while it comes in. Each object is told as it comes; what its silence says is told at its
 * end. The other objects do not wait for one that the caller cannot take.
 */
export class Listing {
  readonly #deliver: Deliver;
  readonly #index: ObjectIndex;
  readonly #keys = new Set<string>();
  #failure: { readonly thrown: unknown } | undefined;

  constructor(deliver: Deliver, index: ObjectIndex) {
    this.#deliver = deliver;
    this.#index = index;
  }

  /** An object that exists. */
  take(object: VersionedObject): void {
    this.#keys.add(objectKey(object.metadata));
    this.#tell(this.#index.listed(object.metadata), object);
  }

  /** An object that has been deleted since the list began. */
  withdraw(object: VersionedObject): void {
    this.#keys.delete(objectKey(object.metadata));
  }

  /**
   * The list has ended.
   *
   * @throws what the caller threw first; then nothing counts as listed
   */
  complete(resourceVersion: string): void {
    this.#tell(this.#index.missing(this.#keys, resourceVersion));
    if (this.#failure !== undefined) throw this.#failure.thrown;
    this.#index.completeList(resourceVersion);
  }

  #tell(changes: Change[], object?: VersionedObject): void {
    try {
      this.#deliver(changes, object);
    } catch (thrown) {
      this.#failure ??= { thrown };
    }
  }
}
