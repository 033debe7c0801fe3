import { type Book, LegLedger, type Statement } from "../delivery/leg_ledger.ts";
import type { ConnectorOptions } from "./connector_options.ts";
import type { Tally } from "./tally.ts";

/**
 * What passed a connector whose packets nobody acknowledges, on every side: the hub, or the peer that
 * packets go to, the peers that they come from, and the engram. When a connection comes anew, what
 * was lost on the one before is counted; when this is the successor of a connector that died, so is
 * what its neighbours have not seen again of what they gave to that one.
 */
export class Accounts {
  /** With the hub, or with the peer that packets go to. */
  readonly hub: LegLedger;
  readonly #engram: LegLedger;
  /** Packets that went out before the hub's late answer said whose it is. */
  #early = 0;
  /** What neighbours know of the connector before this one. */
  readonly #ofFormer = new Map<LegLedger, Book>();
  /** Packets that are counted as lost with it. */
  readonly #lost = { upstream: 0, downstream: 0 };

  constructor(private readonly name: string, private readonly tally: Tally) {
    this.hub = new LegLedger(name);
    this.#engram = new LegLedger(name);
  }

  /** Undefined where packets are acknowledged: then nothing has to be counted. */
  static of({ policies, streamId }: ConnectorOptions, tally: Tally): Accounts | undefined {
    const { semantics } = policies.upstream.delivery;
    return semantics === "best_effort" ? new Accounts(streamId, tally) : undefined;
  }

  /** Packets went to the hub. */
  sent(packets: number, named: boolean): void {
    if (named) this.hub.sent += packets;
    else this.#early += packets;
  }

  /** What counts a way by which packets come; each peer has one of its own. */
  of(kind: "hub" | "peer"): LegLedger {
    return kind === "hub" ? this.hub : new LegLedger(this.name);
  }

  fromEngram(): void {
    this.#engram.received++;
  }

  toEngram(): void {
    this.#engram.sent++;
  }

  /** A connection to the hub is there, and this is what it says. */
  hubOpened(statement: Statement | undefined): void {
    if (statement !== undefined) {
      const { lost, of } = this.hub.meet(statement);
      this.tally.drop("connection_lost", "upstream", lost);
      this.hub.sent += this.#early;
      this.#settle(this.hub, of);
    }
    this.#early = 0;
  }

  /**
   * A peer brings its packets, and says what passed: nothing but packets of its own, which it counts
   * itself when they were lost.
   *
   * @returns what this side says to it
   */
  peerOpened(ledger: LegLedger, statement: Statement): Statement {
    this.#settle(ledger, ledger.meet(statement).of);
    return ledger.statement();
  }

  /**
   * An engram is there. One that counts says so; for one that does not, what it sent and what it had
   * when it left is not known.
   *
   * @returns what this side says to it
   */
  engramOpened(statement: Statement | undefined): Statement {
    if (statement !== undefined) {
      const { lost, missing, of } = this.#engram.meet(statement);
      this.tally.drop("connection_lost", "downstream", lost);
      this.tally.drop("connection_lost", "upstream", missing);
      this.#engram.accept(missing);
      this.#settle(this.#engram, of);
    }
    return this.#engram.statement();
  }

  /**
   * A neighbour has spoken of the connector before this one. How many peers that one had nobody
   * knows, so that each counts from when it comes: fewer make the difference smaller, never larger.
   */
  #settle(ledger: LegLedger, book: Book | undefined): void {
    if (book === undefined) return;
    this.#ofFormer.set(ledger, book);
    const engram = this.#ofFormer.get(this.#engram);
    if (engram === undefined) return;
    const hub = this.#ofFormer.get(this.hub);
    if (hub !== undefined) this.#lose("upstream", engram.sent - hub.received);
    const given = [...this.#ofFormer].filter(([one]) => one !== this.#engram)
      .reduce((sum, [, { sent }]) => sum + sent, 0);
    this.#lose("downstream", given - engram.received);
  }

  /** @param packets in all */
  #lose(direction: "upstream" | "downstream", packets: number): void {
    const more = packets - this.#lost[direction];
    if (more <= 0) return;
    this.#lost[direction] = packets;
    this.tally.drop("process_lost", direction, more);
  }
}
