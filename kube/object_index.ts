import { compareResourceVersions, objectKey } from "./resources.ts";

/** What a caller of the reflector has to be told about one object. */
export interface Change {
  readonly type: "added" | "modified" | "deleted";
  readonly key: string;
  readonly uid: string;
  readonly resourceVersion: string;
}

/** The metadata by which the index recognises an object. */
export interface VersionedMeta {
  readonly name: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly resourceVersion: string;
}

interface Entry {
  readonly uid: string;
  readonly resourceVersion: string;
}

/**
 * How many deleted keys are remembered since the last list. An API server sends events in order,
 * so this only matters behind something that repeats or swaps them; it bounds the memory.
 */
const MAX_TOMBSTONES = 1024;

/**
 * Knows which version of which object the caller was told about: key → uid and resourceVersion,
 * never the object. Decides what each observation means for the caller, whatever the server called
 * it: `ADDED` of a known object is a modification, `MODIFIED` of an unknown one an addition.
 *
 * Deciding and remembering are two steps. A change is committed after the caller took it, so one
 * that the caller failed on is found, and offered again, by the next list.
 */
export class ObjectIndex {
  readonly #entries = new Map<string, Entry>();
  readonly #tombstones = new Map<string, string>();
  /** Every watch event about an unknown object up to here was already accounted for. */
  #floor: string | undefined;

  /** The number of objects that exist as far as the caller knows. */
  get size(): number {
    return this.#entries.size;
  }

  /**
   * What an item of a list means. A list is read from the quorum, so it wins even when its version
   * is the lower one: that happens when etcd was restored from a backup.
   */
  listed(meta: VersionedMeta): Change[] {
    const known = this.#entries.get(objectKey(meta));
    return known?.resourceVersion === meta.resourceVersion ? [] : presence(meta, known);
  }

  /** What an `ADDED` or `MODIFIED` event means: nothing when it is a repeat or out of date. */
  observed(meta: VersionedMeta): Change[] {
    if (this.#isStale(meta)) return [];
    return presence(meta, this.#entries.get(objectKey(meta)));
  }

  /** What a `DELETED` event means. Its resourceVersion is that of the deletion. */
  deleted(meta: VersionedMeta): Change[] {
    const key = objectKey(meta);
    const known = this.#entries.get(key);
    if (this.#isStale(meta)) return [];
    if (known === undefined) {
      // Nothing to tell; but an older state of it may still be under way.
      this.#bury(key, meta.resourceVersion);
      return [];
    }
    return [{ type: "deleted", key, uid: known.uid, resourceVersion: meta.resourceVersion }];
  }

  /** What a complete list proves by silence: every known key that it did not hold is gone. */
  missing(listedKeys: ReadonlySet<string>, listResourceVersion: string): Change[] {
    const gone: Change[] = [];
    for (const [key, { uid }] of this.#entries) {
      if (listedKeys.has(key)) continue;
      gone.push({ type: "deleted", key, uid, resourceVersion: listResourceVersion });
    }
    return gone;
  }

  /** Remembers a change that the caller has taken. */
  commit({ type, key, uid, resourceVersion }: Change): void {
    if (type !== "deleted") {
      this.#tombstones.delete(key);
      this.#entries.set(key, { uid, resourceVersion });
      return;
    }
    this.#entries.delete(key);
    this.#bury(key, resourceVersion);
  }

  /** Ends a list: everything up to its version is accounted for. */
  completeList(listResourceVersion: string): void {
    this.#tombstones.clear();
    this.#floor = listResourceVersion;
  }

  #bury(key: string, resourceVersion: string): void {
    this.#tombstones.set(key, resourceVersion);
    if (this.#tombstones.size <= MAX_TOMBSTONES) return;
    const [oldest] = this.#tombstones;
    if (oldest === undefined) return;
    this.#tombstones.delete(oldest[0]);
    this.#floor = oldest[1];
  }

  #isStale(meta: VersionedMeta): boolean {
    const key = objectKey(meta);
    const seen = this.#entries.get(key)?.resourceVersion ?? this.#tombstones.get(key) ??
      this.#floor;
    if (seen === undefined) return false;
    const order = compareResourceVersions(meta.resourceVersion, seen);
    return order !== undefined && order <= 0;
  }
}

/**
 * A known key with another uid is another object: its deletion went unseen, so the caller hears of
 * it first. Whoever cleans up after an object needs that.
 */
function presence(meta: VersionedMeta, known: Entry | undefined): Change[] {
  const { uid = "", resourceVersion } = meta;
  const key = objectKey(meta);
  if (known === undefined) return [{ type: "added", key, uid, resourceVersion }];
  if (known.uid === uid) return [{ type: "modified", key, uid, resourceVersion }];
  return [
    { type: "deleted", key, uid: known.uid, resourceVersion },
    { type: "added", key, uid, resourceVersion },
  ];
}
