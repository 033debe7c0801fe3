import { type Layout, layout, type LayoutInput } from "../layout/layout.ts";

/** Up to here the layout takes less time than the way to a worker and back. */
const SMALL = 150;

interface Task {
  readonly id: number;
  readonly input: LayoutInput;
  readonly previous: Layout | undefined;
}

/**
 * Makes layouts beside the page's own thread; in it where no worker can be had, as when the script
 * comes from another origin than the page.
 */
export class Layouter {
  readonly #script: string;
  readonly #done: (layout: Layout) => void;
  #worker: Worker | undefined;
  #alone = false;
  #last: Task | undefined;
  #id = 0;

  /**
   * @param script the address of a module that calls {@linkcode serveLayouts} in a worker
   * @param done told of the layout of the latest request; older ones are forgotten
   */
  constructor(script: string, done: (layout: Layout) => void) {
    this.#script = script;
    this.#done = done;
  }

  request(input: LayoutInput, previous: Layout | undefined): void {
    this.#last = { id: ++this.#id, input, previous };
    if (input.nodes.length <= SMALL || !this.#start()) return this.#here();
    this.#worker?.postMessage(this.#last);
  }

  close(): void {
    this.#worker?.terminate();
    this.#worker = undefined;
    this.#last = undefined;
  }

  #here(): void {
    const task = this.#last;
    this.#last = undefined;
    if (task !== undefined) this.#done(layout(task.input, task.previous));
  }

  #start(): boolean {
    if (this.#worker !== undefined) return true;
    if (this.#alone) return false;
    try {
      this.#worker = new Worker(this.#script, { type: "module" });
    } catch {
      // Another origin's script cannot be a worker (HTML §10.2.6.3); the page lays out itself.
      this.#alone = true;
      return false;
    }
    this.#worker.onmessage = ({ data }: MessageEvent<{ id: number; layout: Layout }>) => {
      if (data.id !== this.#last?.id) return;
      this.#last = undefined;
      this.#done(data.layout);
    };
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#worker?.terminate();
      this.#worker = undefined;
      this.#alone = true;
      this.#here();
    };
    return true;
  }
}

/** The worker's side. */
export function serveLayouts(): void {
  addEventListener("message", ({ data }: MessageEvent<Task>) => {
    postMessage({ id: data.id, layout: layout(data.input, data.previous) });
  });
}
