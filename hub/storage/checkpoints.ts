import type { Logger } from "../../contracts/logger.ts";
import type { OutboundState } from "../delivery/outbound.ts";
import type { StepStream } from "../server/step_stream.ts";
import { blobName, type BlobStore } from "./blob_store.ts";
import { decodeCheckpoint, encodeCheckpoint, type Moment } from "./checkpoint.ts";

/** Where checkpoints are kept: `streams/<namespace>/<run>/<step>/replay`. */
const FOLDER = "streams";

export interface CheckpointOptions {
  readonly store: BlobStore;
  readonly logger: Logger;
  readonly moment: () => Moment;
  /** Bytes of all checkpoints together; what does not fit any more is not kept. */
  readonly maxBytes: number;
  /** Milliseconds after the start at which a checkpoint that nobody asked for is given up. */
  readonly unclaimedTtl: number;
}

/** What became of checkpoints, for metrics. */
export interface CheckpointCounts {
  written: number;
  failed: number;
  refused: number;
  restored: number;
  corrupt: number;
}

/** Which step of which run. */
interface Owner {
  readonly run: { readonly namespace: string; readonly storyRun: string };
  readonly id: string;
}

interface Kept {
  readonly name: string;
  changes: number;
  at: number;
  bytes: number;
  writing: Promise<void> | undefined;
  broken: boolean;
}

/**
 * Keeps what steps with `replay.mode: durable` have not acknowledged, so that a hub that is killed
 * loses no more than what came after the last checkpoint. Nothing on a packet's way waits for it.
 */
export class Checkpoints {
  readonly counts: CheckpointCounts = {
    written: 0,
    failed: 0,
    refused: 0,
    restored: 0,
    corrupt: 0,
  };
  readonly #found = new Map<string, OutboundState>();
  readonly #kept = new Map<string, Kept>();
  #unclaimedUntil = Infinity;
  #bytes = 0;

  constructor(readonly options: CheckpointOptions) {}

  /** Bytes of all checkpoints together. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Reads what a hub before this one has kept. A checkpoint that is damaged is left behind. */
  async load(): Promise<void> {
    const { store, logger, moment, unclaimedTtl } = this.options;
    for (const name of await store.list(FOLDER)) {
      try {
        const bytes = await store.read(name);
        if (bytes === undefined) continue;
        const state = decodeCheckpoint(bytes, moment());
        this.#found.set(name, state);
        this.#bytes += bytes.length;
        this.#kept.set(name, fresh(name, bytes.length));
        logger("INFO", "checkpoint found", { name, packets: state.packets.length });
      } catch (error) {
        this.counts.corrupt++;
        logger("WARN", "a checkpoint cannot be used: its packets are lost", { name, err: error });
        await store.remove(name).catch(() => {});
      }
    }
    this.#unclaimedUntil = moment().now + unclaimedTtl;
  }

  /** What was kept of a step, once. */
  take({ run, id }: Owner): OutboundState | undefined {
    const name = nameOf({ run, id });
    const found = this.#found.get(name);
    if (found !== undefined) {
      this.#found.delete(name);
      this.counts.restored += found.packets.length;
    }
    return found;
  }

  /** The run is over: nothing of the step is worth keeping. */
  forget(owner: Owner): void {
    const name = nameOf(owner);
    const kept = this.#kept.get(name);
    if (kept !== undefined) void this.#drop(kept);
  }

  /** Whether all that a step holds at the moment is written down. */
  holds(stream: StepStream): boolean {
    const kept = this.#kept.get(nameOf(stream));
    return this.#keeps(stream) && kept !== undefined && !kept.broken &&
      kept.writing === undefined && kept.changes === stream.outbound.changes;
  }

  #keeps({ plan }: StepStream): boolean {
    return plan.policies.delivery.replay === "durable";
  }

  /** Begins to write what is due. */
  tick(streams: Iterable<StepStream>): void {
    const { now } = this.options.moment();
    for (const stream of streams) {
      if (!this.#keeps(stream)) continue;
      const kept = this.#of(stream);
      const { outbound, plan: { policies } } = stream;
      const isDue = kept.changes !== outbound.changes &&
        now - kept.at >= policies.delivery.checkpointInterval;
      if (isDue && kept.writing === undefined) this.#write(kept, stream);
    }
    if (now >= this.#unclaimedUntil) this.#giveUpUnclaimed();
  }

  /** Writes everything that has changed, and waits for it. */
  async flush(streams: Iterable<StepStream>): Promise<void> {
    const durable = [...streams].filter((stream) => this.#keeps(stream));
    await Promise.all(durable.map((stream) => this.#of(stream).writing));
    for (const stream of durable) {
      const kept = this.#of(stream);
      if (kept.changes !== stream.outbound.changes) this.#write(kept, stream);
    }
    await Promise.all([...this.#kept.values()].map(({ writing }) => writing));
  }

  #of(stream: StepStream): Kept {
    const name = nameOf(stream);
    let kept = this.#kept.get(name);
    // What was restored has to be written anew: its numbers have moved.
    if (kept === undefined) this.#kept.set(name, kept = fresh(name, 0));
    return kept;
  }

  #write(kept: Kept, { outbound }: StepStream): void {
    const { store, moment, maxBytes } = this.options;
    kept.changes = outbound.changes;
    kept.at = moment().now;
    const state = outbound.state();
    if (state.packets.length === 0) {
      kept.writing = this.#settle(kept, store.remove(kept.name), 0);
      return;
    }
    const bytes = encodeCheckpoint(state, moment());
    if (this.#bytes - kept.bytes + bytes.length > maxBytes) {
      this.counts.refused++;
      this.#complain(kept, new Error(`checkpoints would take more than ${maxBytes} bytes`));
      return;
    }
    kept.writing = this.#settle(kept, store.write(kept.name, bytes), bytes.length);
  }

  async #settle(kept: Kept, work: Promise<void>, bytes: number): Promise<void> {
    this.#bytes += bytes - kept.bytes;
    kept.bytes = bytes;
    try {
      await work;
      this.counts.written++;
      if (kept.broken) {
        this.options.logger("INFO", "checkpoints are kept again", { name: kept.name });
      }
      kept.broken = false;
    } catch (error) {
      this.counts.failed++;
      // So that it is tried again although nothing changes.
      kept.changes = -1;
      this.#complain(kept, error);
    } finally {
      kept.writing = undefined;
    }
  }

  async #drop(kept: Kept): Promise<void> {
    this.#kept.delete(kept.name);
    this.#bytes -= kept.bytes;
    await kept.writing;
    // The step may be back by now, and keep something of its own.
    if (this.#kept.has(kept.name)) return;
    await this.options.store.remove(kept.name).catch((error) => this.#complain(kept, error));
  }

  #giveUpUnclaimed(): void {
    this.#unclaimedUntil = Infinity;
    for (const [name, { packets }] of this.#found) {
      this.options.logger("WARN", "nobody asked for a checkpoint: its packets are dropped", {
        name,
        packets: packets.length,
      });
      const kept = this.#kept.get(name);
      if (kept !== undefined) void this.#drop(kept);
    }
    this.#found.clear();
  }

  /** Once, until it works again. */
  #complain(kept: Kept, error: unknown): void {
    if (kept.broken) return;
    kept.broken = true;
    this.options.logger("WARN", "a checkpoint cannot be kept", { name: kept.name, err: error });
  }
}

function fresh(name: string, bytes: number): Kept {
  return { name, changes: 0, at: -Infinity, bytes, writing: undefined, broken: false };
}

function nameOf({ run: { namespace, storyRun }, id }: Owner): string {
  return blobName(FOLDER, namespace, storyRun, id, "replay");
}
