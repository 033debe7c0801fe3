import type { Logger } from "../../contracts/logger.ts";
import type { RecordingPolicy } from "../../contracts/transport/policies.ts";
import { decode } from "../proto/codec.ts";
import { DataPacket } from "../proto/messages.ts";
import type { Packet } from "../proto/packet.ts";
import type { StepStream } from "../server/step_stream.ts";
import { blobName, type BlobStore } from "./blob_store.ts";
import { type Recorded, recordingOf } from "./recording.ts";

/** What became of a packet that a recording was asked for. */
export type RecordingStatus =
  | "recorded"
  | "sampled_out"
  /** More came than could be written; the stream goes on without. */
  | "dropped"
  | "write_error"
  | "storage_disabled"
  | "gc_deleted";

export interface RecorderOptions {
  /** Absent: whatever is asked for is counted as `storage_disabled`. */
  readonly store: BlobStore | undefined;
  readonly logger: Logger;
  /** Milliseconds since the Unix epoch. */
  readonly unixNow: () => number;
  /** From 0 up to, but without, 1. */
  readonly random: () => number;
}

/** What waits to be written, at most. */
const MAX_QUEUED = 1_000;
const MAX_QUEUED_BYTES = 16 * 1024 * 1024;
/** Recordings of one step that are kept, however young. */
const MAX_KEPT = 10_000;
/** How often old recordings of a step are looked for. */
const SWEEP_MS = 60_000;

const FOLDER = "stream-recordings";

interface Queued extends Recorded {
  readonly stream: StepStream;
  readonly policy: RecordingPolicy;
  readonly bytes: Uint8Array;
  readonly at: number;
}

/**
 * Writes packets down, as many as their Story asks for, behind the streams' back: a packet is
 * copied and queued, and everything else happens when there is time. A queue that is full drops.
 */
export class Recorder {
  readonly #queue: Queued[] = [];
  readonly #swept = new Map<string, number>();
  #bytes = 0;
  #count = 0;
  #running: Promise<void> | undefined;
  #isBroken = false;

  constructor(readonly options: RecorderOptions) {}

  /** Takes note of a packet that a step sent. */
  observe(stream: StepStream, packet: Packet): void {
    const policy = stream.plan.policies.recording;
    if (policy === undefined) return;
    const { store, random, unixNow } = this.options;
    if (store === undefined) return stream.countRecording("storage_disabled");
    if (random() * 100 >= policy.sampleRate) return stream.countRecording("sampled_out");
    if (this.#queue.length >= MAX_QUEUED || this.#bytes + packet.size > MAX_QUEUED_BYTES) {
      return stream.countRecording("dropped");
    }
    const { namespace, storyRun } = stream.run;
    // A copy: the packet may be one of a hundred in its frame, which must not be kept for it.
    const bytes = packet.bytes.slice(packet.start, packet.end);
    this.#queue.push({
      namespace,
      storyRun,
      step: stream.id,
      stream,
      policy,
      bytes,
      at: unixNow(),
    });
    this.#bytes += bytes.length;
    this.#running ??= this.#work(store);
  }

  /** Writes what is queued. */
  async flush(): Promise<void> {
    await this.#running;
  }

  async #work(store: BlobStore): Promise<void> {
    // Not in the turn of the packet.
    await new Promise((resolve) => setTimeout(resolve));
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      this.#bytes -= next.bytes.length;
      await this.#write(store, next);
    }
    this.#running = undefined;
  }

  async #write(store: BlobStore, queued: Queued): Promise<void> {
    const { stream, policy, bytes, namespace, storyRun, step } = queued;
    const folder = blobName(FOLDER, namespace, storyRun, step);
    const at = new Date(queued.at);
    try {
      const recording = recordingOf(decode(DataPacket, bytes), queued, policy, at);
      await store.write(
        `${folder}/${fileName(at, this.#count++)}`,
        new TextEncoder().encode(JSON.stringify(recording)),
      );
      stream.countRecording("recorded");
      this.#isBroken = false;
      await this.#sweep(store, folder, queued);
    } catch (error) {
      stream.countRecording("write_error");
      if (!this.#isBroken) {
        this.options.logger("WARN", "recordings cannot be written", { folder, err: error });
      }
      this.#isBroken = true;
    }
  }

  /** Removes what is older than its retention, and what is too much. */
  async #sweep(store: BlobStore, folder: string, { policy, stream, at }: Queued): Promise<void> {
    if (at - (this.#swept.get(folder) ?? -Infinity) < SWEEP_MS) return;
    // Oldest first: the steps that were swept long ago are over.
    this.#swept.delete(folder);
    this.#swept.set(folder, at);
    for (const oldest of this.#swept.keys()) {
      if (this.#swept.size <= MAX_KEPT) break;
      this.#swept.delete(oldest);
    }
    const names = await store.list(folder);
    const limit = fileName(new Date(at - policy.retention), 0).slice(0, STAMP.length);
    for (const [index, name] of names.entries()) {
      const stamp = name.slice(folder.length + 1, folder.length + 1 + STAMP.length);
      if (stamp >= limit && names.length - index <= MAX_KEPT) break;
      await store.remove(name);
      stream.countRecording("gc_deleted");
    }
  }
}

const STAMP = "20260101T000000.000000000Z";

/** `<time>-<hex>.json`: in the order of time, no two the same. */
function fileName(at: Date, count: number): string {
  const stamp = at.toISOString().replace(/[-:]/g, "").replace(/Z$/, "000000Z");
  return `${stamp}-${(count % 2 ** 48).toString(16).padStart(12, "0")}.json`;
}
