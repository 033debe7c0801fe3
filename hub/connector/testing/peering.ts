import type { StreamingSettings } from "../../../contracts/transport/streaming_settings.ts";
import { decode, encode } from "../../proto/codec.ts";
import { DataMessage, type DataPacket } from "../../proto/messages.ts";
import { Packet } from "../../proto/packet.ts";
import {
  PACKET_MIME_TYPE,
  readPacketEnvelope,
} from "../../../contracts/transport/packet_envelope.ts";
import { jsonToStruct } from "../../proto/struct.ts";
import type { Claim } from "../../server/admission.ts";
import { settle } from "../../server/testing/memory_hub.ts";
import { MemoryWire } from "../../server/testing/memory_wire.ts";
import { Connector } from "../connector.ts";
import { legPolicies } from "../leg_policies.ts";
import { Peers } from "../peers.ts";

/** The engram of step `b`: takes packets and says that it is done with them. */
export class Engram extends MemoryWire {
  readonly #open: { n: number; envelope: Packet["envelope"] }[] = [];
  readonly got: number[] = [];
  /** What it was done with: the rest is lost with it. */
  readonly finished: number[] = [];

  constructor(readonly connector: Connector, readonly silent: boolean) {
    super();
  }

  override write(frame: Uint8Array): boolean {
    const { binary, envelope } = decode(DataMessage, frame);
    if (binary?.mimeType === PACKET_MIME_TYPE) {
      const n = Number(readPacketEnvelope(binary.payload!).payload?.n);
      this.got.push(n);
      this.#open.push({ n, envelope });
    }
    if (!this.silent) queueMicrotask(() => this.done());
    return super.write(frame);
  }

  /** Is done with everything that it has. */
  done(): void {
    for (const { n, envelope } of this.#open.splice(0)) {
      this.finished.push(n);
      if (envelope?.sequence) this.connector.receipt(envelope);
    }
  }
}

/** The connectors of steps `a` and `b` of one run, and the wires between them, without sockets. */
export class Peering {
  time = 0;
  readonly a: Connector;
  b: Connector;
  peers: Peers;
  session!: ReturnType<Peers["attach"]>;
  fromA = new MemoryWire();
  fromB = new MemoryWire();
  readonly #producer = new MemoryWire();
  #epoch = 0;

  constructor(
    readonly settings: StreamingSettings,
    readonly room = 100,
    readonly steps?: ReadonlySet<string>,
  ) {
    this.a = this.#connector("a", 100);
    this.a.engramOpened(this.#producer);
    [this.b, this.peers] = this.#peer();
  }

  readonly claim: Claim = {
    namespace: "demo",
    storyRun: "voice-1",
    step: "a",
    generation: 1,
    batched: true,
    capabilities: "none",
    streamId: "a@1",
  };

  connect(overrides: Partial<Claim> = {}): void {
    const claim = { ...this.claim, ...overrides };
    this.fromA = new MemoryWire();
    this.fromB = new MemoryWire();
    const peer = this.peers.admitted(claim);
    this.session = this.peers.attach(peer, claim, this.fromB);
    this.a.hubOpened(this.fromA, { batched: true, streamId: peer.outbound.streamId });
  }

  /** What is on the wires is lost, and both ends see it. */
  reconnect(): void {
    this.session.close();
    this.a.hubClosed();
    this.connect();
  }

  /** Step `b` is another process from here on; its engram has to come anew. */
  killPeer(): void {
    this.a.hubClosed();
    [this.b, this.peers] = this.#peer();
    this.connect();
  }

  consumer({ silent = false }: { silent?: boolean } = {}): Engram {
    const engram = new Engram(this.b, silent);
    this.b.engramOpened(engram);
    return engram;
  }

  send(n: number): void {
    this.sendRaw({ payload: jsonToStruct({ n }) });
  }

  sendRaw(message: DataPacket): void {
    this.a.engramFrame(this.#producer, encode(DataMessage, message));
  }

  /** Carries frames until nothing moves any more. */
  async settle(): Promise<void> {
    for (;;) {
      this.a.tick();
      this.b.tick();
      await settle();
      const out = this.fromB.paused || this.fromB.ended ? [] : this.fromA.frames.splice(0);
      const back = this.fromB.frames.splice(0);
      if (out.length + back.length === 0) return;
      for (const frame of out) this.session.receive(frame);
      for (const frame of back) this.a.hubFrame(frame);
      this.log.push(...back);
      await settle();
    }
  }

  /** Every frame that `b` sent to `a`. */
  readonly log: Uint8Array[] = [];

  #peer(): [Connector, Peers] {
    const connector = this.#connector("b", this.room);
    return [connector, new Peers(connector, { steps: this.steps, maxPeers: 10 })];
  }

  #connector(step: string, maxMessages: number): Connector {
    return new Connector({
      streamId: `${step}@${++this.#epoch}`,
      identity: { namespace: "demo", storyRun: "voice-1", step },
      policies: legPolicies(this.settings, { maxMessages, maxBytes: 1_000_000 }, "p2p"),
      now: () => this.time,
    });
  }
}
