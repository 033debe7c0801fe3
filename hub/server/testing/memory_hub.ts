import { DEFAULT_HUB_LIMITS } from "../../../contracts/transport/policies.ts";
import { encode } from "../../proto/codec.ts";
import { writeBatch, writeFrame } from "../../proto/frame.ts";
import { DataPacket, type StreamEnvelope } from "../../proto/messages.ts";
import { type JsonObject, jsonToStruct } from "../../proto/struct.ts";
import { WireWriter } from "../../proto/wire_writer.ts";
import { FileDirectory } from "../../story/file_directory.ts";
import type { Claim } from "../admission.ts";
import { Hub } from "../hub.ts";
import type { HubOptions } from "../hub_options.ts";
import { SILENT_MONITOR } from "../monitor.ts";
import { ExpressionEngine } from "../../expression/engine.ts";
import { PacketRouter } from "../../routing/packet_router.ts";
import type { Session } from "../session.ts";
import { MemoryWire } from "./memory_wire.ts";

/**
 * A Story `voice` with these steps, and its run `voice-1` in `demo`.
 *
 * @param spec what else the Story says
 */
export function storyText(
  steps: readonly object[],
  streaming: object = {},
  spec: object = {},
): string {
  const documents = [
    {
      kind: "Story",
      metadata: { name: "voice", namespace: "demo" },
      spec: {
        pattern: "realtime",
        transports: [{ name: "rt", transportRef: "rt", streaming }],
        steps: steps.map((step) => ({ transport: "rt", ref: { name: "any" }, ...step })),
        ...spec,
      },
    },
    {
      kind: "StoryRun",
      metadata: { name: "voice-1", namespace: "demo" },
      spec: { storyRef: { name: "voice" }, inputs: { style: "warm" } },
    },
  ];
  return documents.map((document) => JSON.stringify(document)).join("\n---\n");
}

/** Three engrams: `a` sends to `b` and `c`. */
export const FAN_OUT = [{ name: "a" }, { name: "b", needs: ["a"] }, { name: "c", needs: ["a"] }];

/** A hub without sockets, with a clock that is set by hand. */
export class MemoryHub {
  time = 0;
  readonly log: { message: string; attributes: Record<string, unknown> }[] = [];
  readonly hub: Hub;

  constructor(text: string, overrides: Partial<HubOptions> = {}) {
    this.hub = new Hub({
      directory: new FileDirectory(text),
      router: new PacketRouter({
        engine: new ExpressionEngine({ now: () => this.time, random: () => 0 }),
        now: () => this.time,
        wait: () => Promise.resolve(),
      }),
      monitor: SILENT_MONITOR,
      logger: (_level, message, attributes = {}) => this.log.push({ message, attributes }),
      now: () => this.time,
      epoch: "e1",
      limits: {
        ...DEFAULT_HUB_LIMITS,
        maxStreams: 100,
        maxBuffers: 100,
        evictionTtl: 600_000,
      },
      ...overrides,
    });
  }

  async open(
    step: string,
    overrides: Partial<Claim> = {},
  ): Promise<{ session: Session; wire: MemoryWire }> {
    const claim: Claim = {
      namespace: "demo",
      storyRun: "voice-1",
      step,
      generation: 1,
      batched: false,
      capabilities: "none",
      ...overrides,
    };
    const wire = new MemoryWire();
    const stream = await this.hub.admit(claim);
    return { session: this.hub.attach(stream, claim, wire), wire };
  }
}

const writer = new WireWriter();

/** A frame with one packet. */
export function packetFrame(payload: JsonObject, envelope?: StreamEnvelope): Uint8Array {
  const body = encode(DataPacket, { payload: jsonToStruct(payload) });
  return writeFrame(envelope === undefined ? { body } : { body, envelope }, writer);
}

/** A frame with packets `{n: from}` to `{n: to - 1}`, numbered by `n + 1` when a stream is named. */
export function batchFrame(from: number, to: number, streamId?: string): Uint8Array {
  return writeBatch(
    Array.from({ length: to - from }, (_, index) => {
      const n = from + index;
      const body = encode(DataPacket, { payload: jsonToStruct({ n }) });
      return streamId === undefined ? { body } : { body, envelope: { streamId, sequence: n + 1 } };
    }),
    writer,
  );
}

/** Lets everything that is scheduled for this turn happen. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await Promise.resolve();
}
