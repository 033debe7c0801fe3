import type { Sample } from "../document/engram.ts";
import type { SampleCounts } from "../sample/sample_counts.ts";
import type { FromSample, ToSample } from "../sample/worker.ts";

/** A built-in engram of a step, in a thread of its own. */
export class SampleWorker {
  readonly #worker = new Worker(new URL("../sample/worker.ts", import.meta.url), {
    type: "module",
  });
  #held = false;
  readonly #connected = Promise.withResolvers<void>();
  readonly #finished = Promise.withResolvers<void>();

  /** @param onFault told when it cannot go on */
  constructor(
    readonly step: string,
    readonly sample: Sample,
    onCounts: (counts: SampleCounts) => void,
    onFault: (error: Error) => void,
  ) {
    this.#worker.onmessage = ({ data }: MessageEvent<FromSample>) => {
      if (data.type === "counts") onCounts(data.counts);
      else if (data.type === "connected") this.#connected.resolve();
      else this.#finished.resolve();
    };
    this.#worker.onerror = (event) => {
      event.preventDefault();
      onFault(new Error(`engram of ${step}: ${event.message}`));
    };
  }

  get isGenerator(): boolean {
    return this.sample.template === "headrace-generator";
  }

  /** Connects to the connector; resolves when it has greeted. */
  connect(endpoint: string, sendsAgain: boolean): Promise<void> {
    this.#tell({ type: "connect", step: this.step, endpoint, sample: this.sample, sendsAgain });
    return this.#connected.promise;
  }

  /** Resolves when a generator has sent all that it is to send. */
  get finished(): Promise<void> {
    return this.#finished.promise;
  }

  /** Lets a generator begin. */
  begin(): void {
    this.#tell({ type: "begin" });
  }

  /** Makes a generator wait, or go on. */
  hold(on: boolean): void {
    if (on === this.#held) return;
    this.#held = on;
    this.#tell({ type: "hold", on });
  }

  /** Makes a generator stop; resolves when it has. */
  stop(): Promise<void> {
    this.#tell({ type: "stop" });
    return this.#finished.promise;
  }

  close(): void {
    this.#worker.terminate();
  }

  #tell(message: ToSample): void {
    this.#worker.postMessage(message);
  }
}
