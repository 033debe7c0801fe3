import { Counter, Histogram, type Registry } from "prom-client";
import { Code } from "../server/refusal.ts";

const METHOD = ["grpc_type", "grpc_service", "grpc_method"];
/** As grpc-go spells them, by number (https://grpc.github.io/grpc/core/md_doc_statuscodes.html). */
const CODES = [
  "OK",
  "Canceled",
  "Unknown",
  "InvalidArgument",
  "DeadlineExceeded",
  "NotFound",
  "AlreadyExists",
  "PermissionDenied",
  "ResourceExhausted",
  "FailedPrecondition",
  "Aborted",
  "OutOfRange",
  "Unimplemented",
  "Internal",
  "Unavailable",
  "DataLoss",
  "Unauthenticated",
];

/** What happened in the calls of one method. */
export class CallStats {
  started = 0;
  /** Messages. */
  received = 0;
  sent = 0;
  /** Calls that are over, by status. */
  readonly handled = new Map<number, number>();

  /**
   * @param now milliseconds; only differences count
   * @param onHandled told how long a call has lasted
   */
  constructor(
    private readonly now: () => number,
    private readonly onHandled: (seconds: number) => void,
  ) {}

  /** A call begins. @returns what to tell its status; only the first counts */
  begin(): (code: number) => void {
    this.started++;
    const began = this.now();
    let isOver = false;
    return (code) => {
      if (isOver) return;
      isOver = true;
      this.handled.set(code, (this.handled.get(code) ?? 0) + 1);
      this.onHandled((this.now() - began) / 1_000);
    };
  }
}

/**
 * The calls of a server by method, under the names of grpc_prometheus, which the original's
 * dashboards know.
 */
export class CallMetrics {
  readonly #methods = new Map<string, CallStats>();
  readonly #seconds = new Histogram({
    name: "grpc_server_handling_seconds",
    help: "Seconds that a call lasted",
    labelNames: METHOD,
    registers: [],
  });

  /** @param now milliseconds; only differences count */
  constructor(private readonly now: () => number) {}

  /** @param path as `/transport.v1.HubService/Process`; all of them are bidirectional streams */
  of(path: string): CallStats {
    let stats = this.#methods.get(path);
    if (stats === undefined) {
      stats = new CallStats(
        this.now,
        (seconds) => this.#seconds.observe(labelsOf(path), seconds),
      );
      this.#methods.set(path, stats);
    }
    return stats;
  }

  register(registry: Registry): void {
    registry.registerMetric(this.#seconds);
    const counts: [name: string, help: string, read: (stats: CallStats) => number][] = [
      ["started", "Calls that began", (stats) => stats.started],
      ["msg_received", "Messages that came", (stats) => stats.received],
      ["msg_sent", "Messages that were sent", (stats) => stats.sent],
    ];
    for (const [name, help, read] of counts) {
      this.#count(registry, name, help, [], (path, stats, counter) => {
        counter.inc(labelsOf(path), read(stats));
      });
    }
    this.#count(
      registry,
      "handled",
      "Calls that are over, by status",
      ["grpc_code"],
      (path, stats, counter) => {
        for (const code of new Set([Code.ok, ...stats.handled.keys()])) {
          const grpc_code = CODES[code] ?? String(code);
          counter.inc({ ...labelsOf(path), grpc_code }, stats.handled.get(code) ?? 0);
        }
      },
    );
  }

  #count(
    registry: Registry,
    name: string,
    help: string,
    labels: string[],
    add: (path: string, stats: CallStats, counter: Counter) => void,
  ): void {
    const methods = this.#methods;
    new Counter({
      name: `grpc_server_${name}_total`,
      help,
      labelNames: [...METHOD, ...labels],
      registers: [registry],
      collect() {
        this.reset();
        for (const [path, stats] of methods) add(path, stats, this);
      },
    });
  }
}

function labelsOf(path: string): Record<string, string> {
  const [, grpc_service = "", grpc_method = ""] = path.split("/");
  return { grpc_type: "bidi_stream", grpc_service, grpc_method };
}
