/** Packets that may be on their way at a time, and the characters that they may have. */
const MAX_PACKETS = 4_096;
const MAX_SIZE = 16 * 1024 * 1024;

/** The last that was sent, in bounded memory: the oldest go first. */
export class Recent<T> {
  #entries: { readonly packet: T; readonly size: number }[] = [];
  #first = 0;
  #size = 0;

  /** From the oldest to the newest. */
  get packets(): T[] {
    return this.#entries.slice(this.#first).map(({ packet }) => packet);
  }

  push(packet: T, size: number): void {
    this.#entries.push({ packet, size });
    this.#size += size;
    while (this.#entries.length - this.#first > MAX_PACKETS || this.#size > MAX_SIZE) {
      this.#size -= this.#entries[this.#first++]?.size ?? 0;
    }
    // What was let go is cleared away in one go, not one by one.
    if (this.#first > MAX_PACKETS) {
      this.#entries = this.#entries.slice(this.#first);
      this.#first = 0;
    }
  }
}
