import { assertEquals } from "@std/assert";
import fc from "fast-check";
import type { StreamingSettings } from "../../contracts/transport/streaming_settings.ts";
import { LEDGER_HEADER, readStatement } from "../delivery/leg_ledger.ts";
import type { Claim } from "../server/admission.ts";
import { settle } from "../server/testing/memory_hub.ts";
import { Connector } from "./connector.ts";
import { legPolicies } from "./leg_policies.ts";
import { Peers } from "./peers.ts";
import { Engram, Pipe, wireTo } from "./testing/counting_engram.ts";

/** A step's connector and engram, and its connection to the step that its packets go to. */
class Node {
  connector!: Connector;
  peers!: Peers;
  readonly engram = new Engram();
  readonly #before: Node[] = [];
  #up = new Pipe();
  #down = new Pipe();
  #session: ReturnType<Peers["attach"]> | undefined;
  #incarnation = 0;

  constructor(
    readonly step: string,
    readonly settings: StreamingSettings,
    readonly next?: Node,
  ) {
    if (next !== undefined) next.#before.push(this);
    this.#start();
  }

  /** The process is another one from here on: every connection it had is over. */
  restart(): void {
    this.cut();
    for (const before of this.#before) before.cut();
    this.#start();
  }

  cut(): void {
    if (this.#session === undefined) return;
    this.#up.open = this.#down.open = false;
    this.#session.close();
    this.#session = undefined;
    this.connector.hubClosed();
  }

  /** @param answered whether the other's word comes back before the connection is lost again */
  connect(answered = true): void {
    if (this.next === undefined || answered && this.#session !== undefined) return;
    this.cut();
    const { connector: { accounts, options }, next: { peers }, step } = this;
    this.#up = new Pipe();
    this.#down = new Pipe();
    const ledger = accounts?.hub.statement();
    const claim: Claim = {
      namespace: "demo",
      storyRun: "voice-1",
      step,
      generation: 1,
      batched: true,
      capabilities: "none",
      streamId: options.streamId,
      ...(ledger === undefined ? {} : { ledger }),
    };
    const peer = peers.admitted(claim);
    const headers = peers.greet(peer, claim);
    const session = peers.attach(peer, claim, wireTo(this.#down));
    if (!answered) return session.close();
    this.#session = session;
    this.connector.hubOpened(wireTo(this.#up), {
      batched: true,
      streamId: peer.outbound.streamId,
      ledger: readStatement(headers[LEDGER_HEADER]),
    });
  }

  async pass(bytes: number): Promise<void> {
    this.engram.pass(this.connector, bytes);
    await settle();
    for (const frame of this.#up.pass(bytes)) this.#session?.receive(frame);
    await settle();
    if (this.#session === undefined) return;
    for (const frame of this.#down.pass(bytes)) this.connector.hubFrame(frame);
    await settle();
  }

  get dropped(): number {
    return [...this.connector.drops.values()].reduce((sum, n) => sum + n, 0);
  }

  #start(): void {
    const { step } = this;
    this.connector = new Connector({
      streamId: `${step}@${this.#incarnation++}`,
      identity: { namespace: "demo", storyRun: "voice-1", step },
      policies: legPolicies(this.settings, { maxMessages: 6, maxBytes: 100_000 }, "p2p"),
      now: () => 0,
    });
    this.peers = new Peers(this.connector, { steps: undefined, maxPeers: 10 });
  }
}

type Event = "send" | "pass" | "cut" | "mute" | "connector" | "engram";
const script = fc.array(
  fc.record({
    event: fc.constantFrom<Event>(
      ...["send", "send", "send", "send", "pass", "pass", "pass", "pass", "cut"] as const,
      ...["mute", "connector", "engram"] as const,
    ),
    at: fc.nat(3),
    bytes: fc.integer({ min: 1, max: 400 }),
    times: fc.integer({ min: 1, max: 6 }),
  }),
  { maxLength: 80, size: "max" },
);

Deno.test("best effort: along a chain of peers, two of which bring to one, what was sent is delivered or counted", async () => {
  await fc.assert(
    fc.asyncProperty(
      script,
      fc.constantFrom("drop_newest" as const, "drop_oldest" as const),
      // Numbers and credits together would wait for receipts, which an engram that counts need not give.
      fc.constantFrom(
        ["none", "none"] as const,
        ["credits", "none"] as const,
        ["none", "per_stream"] as const,
      ),
      fc.boolean(),
      async (events, dropPolicy, [mode, ordering], peersFirst) => {
        const settings: StreamingSettings = {
          backpressure: { buffer: { maxMessages: 6, dropPolicy } },
          flowControl: { mode, ackEvery: { messages: 1 } },
          delivery: { ordering },
        };
        const c = new Node("c", settings);
        const b = new Node("b", settings, c);
        const nodes = [new Node("a", settings, b), new Node("a2", settings, b), b, c] as const;
        const reconnect = () => {
          // An engram comes before the peers of its connector, or after them.
          for (const node of peersFirst ? nodes : nodes.toReversed()) {
            node.connect();
            node.engram.connect(node.connector);
          }
        };
        reconnect();
        for (const { event, at, bytes, times } of events) {
          const node = nodes[at] ?? c;
          if (event === "send") {
            // The last one's packets would have nowhere to go.
            if (node !== c) { for (let n = 0; n < times; n++) node.engram.send(); }
          } else if (event === "pass") await node.pass(bytes);
          else if (event === "cut") node.cut();
          else if (event === "mute") node.connect(false);
          else if (event === "connector") node.restart();
          else node.engram.restart();
          if (event !== "send" && event !== "pass") reconnect();
        }
        for (let round = 0; round < 60; round++) {
          for (const node of nodes) {
            await node.pass(100_000);
            node.connector.tick();
          }
        }
        const sum = (count: (node: Node) => number) =>
          nodes.reduce((total, node) => total + count(node), 0);
        assertEquals(
          sum(({ engram }) => engram.got) + sum(({ dropped }) => dropped),
          sum(({ engram }) => engram.sent),
          JSON.stringify(nodes.map(({ connector }) => [...connector.drops])),
        );
      },
    ),
    { numRuns: 300 },
  );
});
