import { subscribe } from "../../client/subscribe.ts";
import type { FlowMessage } from "../../contracts/flow.ts";

/** Sees every message of a flow and notes each node that is taken back to an older state. */
export interface Watchman extends AsyncDisposable {
  readonly complaints: readonly string[];
  readonly seen: number;
}

/**
 * Follows a flow whose nodes carry revisions that only rise. What a router has forgotten is no
 * measure for what it is told afterwards, so each life of it is judged by itself.
 */
export function watch(url: string, flowId: string): Watchman {
  const complaints: string[] = [];
  const backwards = new Backwards();
  let seen = 0;
  let epoch: string | undefined;
  const subscription = subscribe({
    url,
    flowId,
    onHello: (hello) => {
      if (hello.epoch !== epoch) backwards.forget();
      epoch = hello.epoch;
    },
    onMessage: (message) => {
      seen++;
      complaints.push(...backwards.take(message));
    },
    // A router that is killed is what this is about.
    onError: () => {},
  });
  return {
    complaints,
    get seen() {
      return seen;
    },
    async [Symbol.asyncDispose]() {
      subscription.close();
      await subscription.closed;
    },
  };
}

/** What was shown so far, and what contradicts it. */
export class Backwards {
  readonly #revisions = new Map<string, number>();
  readonly #gone = new Set<string>();

  forget(): void {
    this.#revisions.clear();
    this.#gone.clear();
  }

  /** Takes the next message. @returns what it takes back */
  take(message: FlowMessage): string[] {
    const complaints: string[] = [];
    if (message.type === "delete-nodes") { for (const id of message.ids) this.#gone.add(id); }
    if (message.type !== "upsert-nodes" && message.type !== "snapshot") return complaints;
    for (const { id, meta } of message.nodes) {
      const revision = Number(/^1\.0\.(\d+)$/.exec(String(meta?.["revision"]))?.[1] ?? 0);
      const before = this.#revisions.get(id) ?? 0;
      if (revision < before) complaints.push(`${id} went from ${before} back to ${revision}`);
      if (this.#gone.has(id)) complaints.push(`${id} came back after it was deleted`);
      this.#revisions.set(id, revision);
    }
    return complaints;
  }
}
