import { assertEquals } from "@std/assert";
import fc from "fast-check";
import type { StreamingSettings } from "../../contracts/transport/streaming_settings.ts";
import { LEDGER_HEADER, readStatement } from "../delivery/leg_ledger.ts";
import type { Session } from "../server/session.ts";
import { MemoryHub, settle, storyText } from "../server/testing/memory_hub.ts";
import { Connector } from "./connector.ts";
import { legPolicies } from "./leg_policies.ts";
import { Engram, Pipe, wireTo } from "./testing/counting_engram.ts";

/** A connector's leg to whichever hub there is. */
class Leg {
  connector: Connector;
  up = new Pipe();
  down = new Pipe();
  session: Session | undefined;
  #incarnation = 0;

  constructor(readonly step: string, readonly settings: StreamingSettings) {
    this.connector = this.#make();
  }

  restart(): void {
    this.close();
    this.connector = this.#make();
  }

  /** Lost, and neither side has been told of the other's word when the answer did not come. */
  close(): void {
    if (this.session === undefined) return;
    this.up.open = this.down.open = false;
    this.session.close();
    this.session = undefined;
    this.connector.hubClosed();
  }

  async connect({ hub }: MemoryHub, answered = true): Promise<void> {
    this.close();
    const { connector, step } = this;
    this.up = new Pipe();
    this.down = new Pipe();
    const ledger = connector.accounts?.hub.statement();
    const claim = {
      namespace: "demo",
      storyRun: "voice-1",
      step,
      generation: 1,
      batched: true,
      capabilities: "none" as const,
      streamId: connector.options.streamId,
      ...(ledger === undefined ? {} : { ledger }),
    };
    const stream = await hub.admit(claim);
    const headers = hub.greet(stream, claim);
    this.session = hub.attach(stream, claim, wireTo(this.down));
    if (!answered) {
      await settle();
      this.down.open = false;
      this.session.close();
      this.session = undefined;
      return;
    }
    connector.hubOpened(wireTo(this.up), {
      batched: true,
      streamId: stream.outbound.streamId,
      ledger: readStatement(headers[LEDGER_HEADER]),
    });
  }

  pass(up: number, down: number): void {
    for (const frame of this.up.pass(up)) this.session?.receive(frame);
    if (this.session === undefined) return;
    for (const frame of this.down.pass(down)) this.connector.hubFrame(frame);
  }

  #make(): Connector {
    const inbox = { maxMessages: 6, maxBytes: 100_000 };
    return new Connector({
      streamId: `demo/voice-1/${this.step}/1@${this.#incarnation++}`,
      identity: { namespace: "demo", storyRun: "voice-1", step: this.step },
      policies: legPolicies(this.settings, inbox),
      now: () => 0,
    });
  }
}

type Event = "send" | "pass" | "cut" | "mute" | "hub" | "connector" | "engram";
const script = fc.array(
  fc.record({
    event: fc.constantFrom<Event>(
      ...["send", "send", "send", "send", "pass", "pass", "pass", "pass", "cut"] as const,
      ...["mute", "hub", "connector", "engram"] as const,
    ),
    side: fc.nat(1),
    bytes: fc.integer({ min: 1, max: 400 }),
    times: fc.integer({ min: 1, max: 6 }),
  }),
  { maxLength: 80, size: "max" },
);

Deno.test("best effort: what was sent is delivered or counted as dropped, whatever breaks at whatever byte", async () => {
  await fc.assert(
    fc.asyncProperty(
      script,
      fc.constantFrom("drop_newest" as const, "drop_oldest" as const),
      fc.constantFrom("none" as const, "credits" as const),
      async (events, dropPolicy, mode) => {
        const settings: StreamingSettings = {
          backpressure: { buffer: { maxMessages: 6, dropPolicy } },
          flowControl: { mode, ackEvery: { messages: 1 } },
        };
        const story = storyText([{ name: "a" }, { name: "b", needs: ["a"] }], settings);
        let epoch = 0;
        let hub = new MemoryHub(story, { epoch: "e0" });
        const legs = [new Leg("a", settings), new Leg("b", settings)] as const;
        const engrams = [new Engram(), new Engram()] as const;
        const reconnect = async () => {
          for (const side of [0, 1] as const) {
            if (legs[side].session === undefined) await legs[side].connect(hub);
            engrams[side].connect(legs[side].connector);
          }
          await settle();
        };
        const pass = async (side: 0 | 1, bytes: number) => {
          engrams[side].pass(legs[side].connector, bytes);
          await settle();
          legs[side].pass(bytes, bytes);
          await settle();
        };
        await reconnect();
        for (const { event, side, bytes, times } of events) {
          const at = side === 0 ? 0 : 1;
          if (event === "send") { for (let n = 0; n < times; n++) engrams[0].send(); }
          else if (event === "pass") await pass(at, bytes);
          else if (event === "cut") legs[at].close();
          else if (event === "mute") await legs[at].connect(hub, false);
          else if (event === "connector") legs[at].restart();
          else if (event === "engram") engrams[at].restart();
          else {
            for (const leg of legs) leg.close();
            hub = new MemoryHub(story, { epoch: `e${++epoch}` });
          }
          // One fault at a time: two neighbours that die together take their book with them.
          if (event !== "send" && event !== "pass") await reconnect();
        }
        for (let round = 0; round < 60; round++) {
          for (const side of [0, 1] as const) await pass(side, 100_000);
          for (const { connector } of legs) connector.tick();
          hub.hub.tick();
        }
        const dropped = (counts: Iterable<number>) => [...counts].reduce((sum, n) => sum + n, 0);
        const counted = legs.map(({ connector }) => dropped(connector.drops.values()));
        const run = hub.hub.runs.get("demo/voice-1");
        const hubs = [...run?.streams.values() ?? []].map(({ drops }) => dropped(drops.values()));
        assertEquals(
          engrams[1].got + dropped(counted) + dropped(hubs),
          engrams[0].sent,
          JSON.stringify({ got: engrams[1].got, counted, hubs }),
        );
      },
    ),
    { numRuns: 300 },
  );
});
