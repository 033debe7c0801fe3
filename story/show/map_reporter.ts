import { Outbox } from "../../client/outbox.ts";
import type { RunMap } from "./run_map.ts";

export interface MapReporterOptions {
  /** The router's URL. */
  readonly url: string;
  readonly flowId: string;
  readonly token?: () => Promise<string>;
  /** Told when the router cannot be had, and not again before it could. */
  readonly say: (text: string) => void;
}

/** A map that people look at: often enough to see it live, seldom enough to be cheap. */
const EMIT_MS = 500;
/** How long the last post may take. */
const LAST_POST_MS = 2_000;

/** Keeps a run's flow on a router. */
export class MapReporter {
  readonly #outbox: Outbox;
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  #flow: RunMap["flow"] | undefined;
  #isAway = false;

  constructor({ url, flowId, token, say }: MapReporterOptions) {
    this.#outbox = new Outbox({
      url,
      flowId,
      // Runs of this name follow each other; nobody else has a part in them.
      owns: { node: () => true, relationship: () => true },
      flowRule: {
        watches: () => false,
        derive: (_nodes, current) =>
          this.#flow ?? current ?? { id: flowId, status: "pending", startedAt: 0 },
      },
      emitInterval: EMIT_MS,
      timeout: 5_000,
      ...(token === undefined ? {} : { token }),
      onEvent: (event) => {
        if (event.type === "failed" && !this.#isAway) {
          this.#isAway = true;
          say(`the map cannot be brought up to date: ${event.error.message}`);
        } else if (event.type === "recovered" && this.#isAway) {
          this.#isAway = false;
          say("the map is up to date again");
        }
      },
    });
    this.#running = this.#outbox.run(this.#stop.signal);
  }

  show(map: RunMap): void {
    this.#flow = map.flow;
    this.#outbox.set(map);
  }

  /** Posts what is still to be posted, and ends. */
  async end(): Promise<void> {
    const deadline = performance.now() + LAST_POST_MS;
    while (!this.#outbox.status.inSync && performance.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    this.#stop.abort();
    await this.#running;
  }
}
