import { type Outgoing, writeFrame } from "../proto/frame.ts";
import { WireWriter } from "../proto/wire_writer.ts";
import { LEDGER_HEADER, writeStatement } from "../delivery/leg_ledger.ts";
import type { ProcessHost, ProcessSession } from "../grpc/hub_service.ts";
import type { Claim } from "../server/admission.ts";
import { Code, Refusal } from "../server/refusal.ts";
import type { Wire } from "../server/wire.ts";
import type { Connector } from "./connector.ts";
import type { Source } from "./source.ts";

/** One step before this one: how its packets come, and the connection it has at the moment. */
interface Peer {
  readonly source: Source;
  readonly outbound: Connector["outbound"];
  /** Highest generation that was ever here: lower ones are stale. */
  generation: number;
  session: PeerSession | undefined;
}

/** Who may be a peer. */
export interface PeerRules {
  /** Steps that may connect; undefined: every other step of the run. */
  readonly steps: ReadonlySet<string> | undefined;
  /** Steps at a time; one more is refused. */
  readonly maxPeers: number;
}

/** The steps whose connectors bring their packets straight to this one. */
export class Peers implements ProcessHost<Peer> {
  readonly #peers = new Map<string, Peer>();
  readonly #writer = new WireWriter();
  #refused = 0;
  #draining = false;

  constructor(readonly connector: Connector, readonly rules: PeerRules) {}

  /** Peers that are connected. */
  get connected(): number {
    return [...this.#peers.values()].filter(({ session }) => session !== undefined).length;
  }

  /** Who has been here, for introspection. */
  report(): { step: string; connected: boolean; generation: number }[] {
    return [...this.#peers].map(([step, { session, generation }]) => ({
      step,
      connected: session !== undefined,
      generation,
    }));
  }

  /** Streams that were not taken. */
  get refusals(): number {
    return this.#refused;
  }

  readonly monitor = { refused: () => void this.#refused++ };

  admit(claim: Claim): Promise<Peer> {
    return new Promise((resolve) => resolve(this.admitted(claim)));
  }

  /**
   * The step that a stream comes from.
   *
   * @throws {Refusal}
   */
  admitted({ namespace, storyRun, step, generation }: Claim): Peer {
    const { connector: { outbound, options: { identity } }, rules } = this;
    if (this.#draining) throw new Refusal(Code.unavailable, "the connector is shutting down");
    const own = `${identity.namespace}/${identity.storyRun}`;
    if (namespace !== identity.namespace) {
      throw new Refusal(Code.permissionDenied, `${own} takes no packets of ${namespace}`);
    }
    if (storyRun !== identity.storyRun) {
      throw new Refusal(Code.notFound, `there is ${own} here, not ${namespace}/${storyRun}`);
    }
    if (step === identity.step || rules.steps?.has(step) === false) {
      throw new Refusal(Code.permissionDenied, `${identity.step} takes no packets of step ${step}`);
    }
    let peer = this.#peers.get(step);
    if (peer === undefined) {
      if (this.#peers.size >= rules.maxPeers) {
        throw new Refusal(Code.resourceExhausted, `more than ${rules.maxPeers} peers`);
      }
      peer = { source: this.connector.source("peer"), outbound, generation: 0, session: undefined };
      this.#peers.set(step, peer);
    }
    if (generation < peer.generation) {
      throw new Refusal(
        Code.failedPrecondition,
        `stale generation ${generation}: ${peer.generation} is in charge of ${step}`,
      );
    }
    return peer;
  }

  /**
   * What passed between a peer and this step, by its count and by ours. The connection before this
   * one is over: what it would still bring counts as lost from here on.
   */
  greet({ source, session }: Peer, { ledger, generation }: Claim): Record<string, string> {
    const { accounts } = this.connector;
    if (ledger === undefined || accounts === undefined || source.ledger === undefined) return {};
    session?.end(Code.aborted, superseded(generation));
    return { [LEDGER_HEADER]: writeStatement(accounts.peerOpened(source.ledger, ledger)) };
  }

  /** Connects a peer; its connection before this one, if any, is over. */
  attach(peer: Peer, { generation, batched, streamId }: Claim, wire: Wire): PeerSession {
    peer.session?.end(Code.aborted, superseded(generation));
    peer.generation = generation;
    peer.session = new PeerSession(this.connector, peer, wire);
    this.connector.opened(peer.source, wire, {
      batched,
      streamId: batched ? streamId : undefined,
    });
    return peer.session;
  }

  /** Sends every peer a sign of life. */
  heartbeat(message: Outgoing = { flow: {} }): void {
    const frame = writeFrame(message, this.#writer);
    for (const { session } of this.#peers.values()) session?.wire.write(frame);
  }

  /** Ends every stream, and takes no more: peers keep what was not acknowledged. */
  close(detail: string): void {
    this.#draining = true;
    for (const { session } of this.#peers.values()) session?.end(Code.unavailable, detail);
  }
}

function superseded(generation: number): string {
  return `superseded by generation ${generation}`;
}

/** One connection of one peer. */
class PeerSession implements ProcessSession {
  constructor(readonly connector: Connector, readonly peer: Peer, readonly wire: Wire) {}

  receive(frame: Uint8Array): void {
    // What a superseded connection still brings is sent again over the one after it.
    if (this.peer.session !== this) return;
    if (!this.connector.frame(this.peer.source, frame)) this.close();
  }

  /** Only flow control goes to a peer, and that does not wait. */
  drainedWire(): void {}

  end(code: Code, detail: string): void {
    this.wire.end(code, detail);
    this.close();
  }

  close(): void {
    if (this.peer.session !== this) return;
    this.peer.session = undefined;
    this.peer.source.close();
  }
}
