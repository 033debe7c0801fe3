import { type Book, LegLedger, type Statement } from "../delivery/leg_ledger.ts";
import type { ConnectorOptions } from "./connector_options.ts";
import type { Tally } from "./tally.ts";

/**
 * What passed a connector whose packets nobody acknowledges, on either side. When a connection comes
 * anew, what was lost on the one before is counted; when this is the successor of a connector that
 * died, so is what the hub and the engram have not seen again of what they gave to that one.
 */
export class Accounts {
  readonly hub: LegLedger;
  readonly #engram: LegLedger;
  /** Packets that went out before the hub's late answer said whose it is. */
  #early = 0;
  #hubOfFormer: Book | undefined;
  #engramOfFormer: Book | undefined;

  constructor(name: string, private readonly tally: Tally) {
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

  /** A packet came for the engram. What comes straight from a peer is not counted. */
  came(from: "hub" | "peer"): void {
    if (from === "hub") this.hub.received++;
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
      this.#hubOfFormer = of ?? this.#hubOfFormer;
      this.#settle();
    }
    this.#early = 0;
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
      this.#engramOfFormer = of ?? this.#engramOfFormer;
      this.#settle();
    }
    return this.#engram.statement();
  }

  /** Both neighbours of the connector before this one have spoken of it. */
  #settle(): void {
    const [hub, engram] = [this.#hubOfFormer, this.#engramOfFormer];
    if (hub === undefined || engram === undefined) return;
    this.tally.drop("process_lost", "upstream", Math.max(0, engram.sent - hub.received));
    this.tally.drop("process_lost", "downstream", Math.max(0, hub.sent - engram.received));
    this.#hubOfFormer = this.#engramOfFormer = undefined;
  }
}
