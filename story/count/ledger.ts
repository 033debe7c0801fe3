import type { RoutingMode } from "../../contracts/transport/topology.ts";
import type { Edge } from "../plan/edge.ts";
import type { SampleCounts } from "../sample/sample_counts.ts";

/** What became of the packets of one edge. Times are milliseconds. */
export interface EdgeReport {
  readonly from: string;
  readonly to: string;
  readonly via: readonly string[];
  readonly mode: RoutingMode;
  readonly why: string;
  /** Packets that were put out for this edge; null where a command cannot be looked into. */
  readonly sent: number | null;
  readonly delivered: number | null;
  /** Packets that were given up, by reason. */
  readonly dropped: Readonly<Record<string, number>>;
  /** `sent` less `delivered` less all `dropped`: on their way during the run, 0 after its end. */
  readonly unaccounted: number | null;
  /** Packets that came more than once, as at-least-once may have it. */
  readonly repeated: number;
  /** Packets of `from` that the Story sends elsewhere, by a condition, a rule or a join. */
  readonly filtered: number;
  readonly p50: number | null;
  readonly p99: number | null;
}

/** Names an edge: there is one from a step to another. */
export function wayOf({ from, to }: Pick<EdgeReport, "from" | "to">): string {
  return `${from} → ${to}`;
}

/** What is known of one step. */
export interface StepReport {
  readonly id: string;
  /** Packets that it put out. */
  readonly sent: number;
  /** Packets that it got. */
  readonly received: number;
  /** Packets that wait for it in the hub. */
  readonly waiting: number;
  readonly dropped: number;
}

/** What the ledger has to know of a story. */
export interface LedgerPlan {
  readonly edges: readonly Edge[];
  readonly steps: readonly {
    readonly id: string;
    /** Whether a built-in engram counts its packets; those of a command are counted by the hub. */
    readonly isSample: boolean;
  }[];
}

const NOTHING = { routed: 0, dropped: {} } as const;

/** What the hub tells of a step (`GET /v1/streams`), as far as it is counted here. */
export interface HubStream {
  readonly step: string;
  /** Packets of this step that went through routing. */
  readonly routed: number;
  /** Packets that wait for it. */
  readonly buffer: { readonly messages: number };
  /** What was routed to it, and dropped on the way, by the step that sent it. */
  readonly sources: Readonly<
    Record<string, { readonly routed: number; readonly dropped: Readonly<Record<string, number>> }>
  >;
}

/**
 * Puts together what engrams, connectors and hub have counted. Each packet that an engram sends must
 * turn up as delivered or as dropped by somebody; the ledger says where that does not work out.
 */
export class Ledger {
  /** The last report of each life of the hub: its counters begin anew with each. */
  readonly #hubs = new Map<number, ReadonlyMap<string, HubStream>>();
  readonly #drops = new Map<string, Map<string, number>>();
  readonly #samples = new Map<string, SampleCounts>();
  /** What a step's connector got of its peers, by life of the connector. */
  readonly #fromPeers = new Map<string, Map<number, number>>();
  #life = 0;

  constructor(readonly plan: LedgerPlan) {}

  /** @param life how often the hub was started before */
  hub(life: number, streams: readonly HubStream[]): void {
    this.#life = life;
    this.#hubs.set(life, new Map(streams.map((stream) => [stream.step, stream])));
  }

  /** A step's connector has given packets up. */
  connectorDropped(step: string, dropped: Readonly<Record<string, number>>): void {
    let counts = this.#drops.get(step);
    if (counts === undefined) this.#drops.set(step, counts = new Map());
    add(counts, dropped);
  }

  /**
   * A connector has got so many packets for its engram.
   *
   * @param life how often it was started before: its counters begin anew with each
   */
  connectorGot(step: string, life: number, packets: number): void {
    const lives = this.#fromPeers.get(step) ?? new Map<number, number>();
    this.#fromPeers.set(step, lives.set(life, packets));
  }

  sample(step: string, counts: SampleCounts): void {
    this.#samples.set(step, counts);
  }

  edges(): EdgeReport[] {
    return this.plan.edges.map((edge) => this.#edge(edge));
  }

  steps(): StepReport[] {
    const edges = this.edges();
    return this.plan.steps.map(({ id }) => {
      const into = edges.filter(({ to }) => to === id);
      return {
        id,
        sent: this.#sentBy(id) ?? 0,
        received: total(into.map(({ delivered }) => delivered ?? 0)),
        waiting: this.#hubs.get(this.#life)?.get(id)?.buffer.messages ?? 0,
        dropped: total(into.flatMap(({ dropped }) => Object.values(dropped))),
      };
    });
  }

  #edge({ from, to, via, mode, why, isConditional }: Edge): EdgeReport {
    const put = this.#sentBy(from);
    const ways = this.#lives().map((streams) => ({
      routed: streams.get(from)?.routed ?? 0,
      // A primitive on the way has packets of its own only where it failed on them.
      stations: [...via, to].map((step) => streams.get(step)?.sources[from] ?? NOTHING),
    }));
    const stations = ways.flatMap((way) => way.stations);
    const routed = total(stations.map((station) => station.routed));
    const filtered = isConditional ? total(ways.map((way) => way.routed)) - routed : 0;
    const dropped = new Map<string, number>();
    for (const station of stations) add(dropped, station.dropped);
    add(dropped, Object.fromEntries(this.#drops.get(from) ?? []));
    // A connector's drops are told by its step alone; of a step that sends they are what it sent.
    if (!this.plan.edges.some((edge) => edge.from === to)) {
      add(dropped, Object.fromEntries(this.#drops.get(to) ?? []));
    }
    const sent = put === undefined ? null : put - filtered;
    const got = this.#samples.get(to)?.received[this.#isSample(from) ? from : ""];
    const lost = total([...dropped.values()]);
    const delivered = this.#isSample(to)
      ? this.#isSample(from) || this.#isOnlyCommandInto(to) ? got?.delivered ?? 0 : null
      : mode === "hub"
      ? Math.max(0, routed - lost - this.#waitingFor(to, from))
      : this.#gotFromPeer(to);
    return {
      from,
      to,
      via,
      mode,
      why,
      sent,
      delivered,
      dropped: Object.fromEntries([...dropped].sort(([a], [b]) => a < b ? -1 : 1)),
      unaccounted: sent === null || delivered === null ? null : sent - delivered - lost,
      repeated: got?.repeated ?? 0,
      filtered,
      p50: got?.p50 ?? null,
      p99: got?.p99 ?? null,
    };
  }

  /** Packets that a step put out; undefined where nobody counts them. */
  #sentBy(step: string): number | undefined {
    if (this.#isSample(step)) return this.#samples.get(step)?.sent ?? 0;
    const out = this.plan.edges.filter(({ from }) => from === step);
    if (out.some(({ mode }) => mode === "p2p")) return undefined;
    return total(this.#lives().map((streams) => streams.get(step)?.routed ?? 0));
  }

  /** What waits in the hub is not told by sender; it counts for the first of them. */
  #waitingFor(to: string, from: string): number {
    const [first] = this.plan.edges.filter((edge) => edge.to === to);
    return first?.from === from ? this.#hubs.get(this.#life)?.get(to)?.buffer.messages ?? 0 : 0;
  }

  /** Peers are not told apart, so that it takes to be the only one. */
  #gotFromPeer(to: string): number | null {
    const lives = this.#fromPeers.get(to);
    const isAlone = this.plan.edges.filter((edge) => edge.to === to).length === 1;
    return lives === undefined || !isAlone ? null : total([...lives.values()]);
  }

  /** Commands do not stamp their packets, which nobody can tell apart then. */
  #isOnlyCommandInto(to: string): boolean {
    return this.plan.edges.filter((edge) => edge.to === to && !this.#isSample(edge.from))
      .length === 1;
  }

  #isSample(step: string): boolean {
    return this.plan.steps.find(({ id }) => id === step)?.isSample ?? false;
  }

  #lives(): ReadonlyMap<string, HubStream>[] {
    return [...this.#hubs.values()];
  }
}

function add(counts: Map<string, number>, more: Readonly<Record<string, number>>): void {
  for (const [reason, count] of Object.entries(more)) {
    counts.set(reason, (counts.get(reason) ?? 0) + count);
  }
}

function total(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}
