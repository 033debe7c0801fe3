/** When each key is due, with the earliest at hand: a binary heap beside a map. */
export class DueTimes {
  readonly #byKey = new Map<string, number>();
  /** May hold entries that were moved or removed since; the map knows which count. */
  readonly #heap: Entry[] = [];

  get size(): number {
    return this.#byKey.size;
  }

  /** When a key is due; undefined when it is not waiting. */
  get(key: string): number | undefined {
    return this.#byKey.get(key);
  }

  /** Notes a key; of two times the earlier one counts. */
  add(key: string, at: number): void {
    const known = this.#byKey.get(key);
    if (known !== undefined && known <= at) return;
    this.#byKey.set(key, at);
    this.#push({ key, at });
  }

  remove(key: string): void {
    this.#byKey.delete(key);
    // Removals leave entries behind: without this, keys that come and go would fill the heap.
    if (this.#heap.length > 2 * this.#byKey.size + 64) this.#rebuild();
  }

  /** The earliest time; undefined when nothing waits. */
  get earliest(): number | undefined {
    return this.#top()?.at;
  }

  /** Takes out the key that is due first, if it is due by `now`. */
  takeDue(now: number): string | undefined {
    const top = this.#top();
    if (top === undefined || top.at > now) return undefined;
    this.#pop();
    this.#byKey.delete(top.key);
    return top.key;
  }

  #top(): Entry | undefined {
    for (;;) {
      const top = this.#heap[0];
      if (top === undefined || this.#byKey.get(top.key) === top.at) return top;
      this.#pop();
    }
  }

  #rebuild(): void {
    this.#heap.length = 0;
    for (const [key, at] of this.#byKey) this.#push({ key, at });
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let index = heap.push(entry) - 1;
    while (index > 0) {
      const above = (index - 1) >> 1;
      const parent = heap[above];
      if (parent === undefined || parent.at <= entry.at) break;
      heap[index] = parent;
      index = above;
    }
    heap[index] = entry;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let index = 0;
    for (;;) {
      let below = 2 * index + 1;
      const right = heap[below + 1];
      let child = heap[below];
      if (child !== undefined && right !== undefined && right.at < child.at) {
        child = right;
        below++;
      }
      if (child === undefined || child.at >= last.at) break;
      heap[index] = child;
      index = below;
    }
    heap[index] = last;
  }
}

interface Entry {
  readonly key: string;
  readonly at: number;
}
