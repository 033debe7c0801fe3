import { assert, assertEquals } from "@std/assert";
import { decodeCheckpoint } from "../../hub/storage/checkpoint.ts";
import { Packet } from "../../hub/proto/packet.ts";
import { structToJson } from "../../hub/proto/struct.ts";
import { storyText } from "../../hub/server/testing/memory_hub.ts";
import { startHubProcess } from "./testing/hub_process.ts";
import { StepClient } from "./testing/test_hub.ts";

const ROUNDS = 4;
const A_ROUND = 250;
const STORY = storyText([{ name: "a" }, { name: "b", needs: ["a"] }], {
  backpressure: { buffer: { maxMessages: 2 * A_ROUND } },
  delivery: { replay: { mode: "durable", checkpointInterval: "50ms" } },
  flowControl: { mode: "none", ackEvery: { messages: 1 } },
  recording: { mode: "payload", sampleRate: 5, redactFields: ["payload.n"] },
});
const pause = () => new Promise<void>((resolve) => setTimeout(resolve, 10));

Deno.test("durable: what a plain producer sent before a checkpoint survives kill -9, in order", async () => {
  const folder = await Deno.makeTempDir({ prefix: "headrace-hub-" });
  const env = { HUB_STORAGE_DIR: folder };
  const got: number[] = [];
  let hub = await startHubProcess(STORY, env);
  try {
    for (let round = 0; round < ROUNDS; round++) {
      // Nobody but the hub has these packets once they are sent: this producer keeps nothing.
      using producer = new StepClient(hub, "a", hub.certificate());
      using consumer = new StepClient(hub, "b", hub.certificate());
      const read = () => {
        for (const { packet } of consumer.messages.splice(0)) {
          const payload = packet?.decoded().payload;
          if (packet?.envelope === undefined || payload === undefined) continue;
          const n = Number(structToJson(payload)["n"]);
          // The last third of each round is never acknowledged by the connection that it came on.
          if (n % A_ROUND < A_ROUND * 2 / 3) {
            consumer.write({ flow: { ack: packet.envelope.sequence ?? 0 } });
          }
          if (!got.includes(n)) got.push(n);
        }
      };
      for (let n = 0; n < A_ROUND; n++) producer.send({ n: round * A_ROUND + n });
      const isLast = round === ROUNDS - 1;
      const kept = () =>
        isLast ? got.length === (round + 1) * A_ROUND : keeps(folder, (round + 1) * A_ROUND - 1);
      const until = performance.now() + 20_000;
      while (!await kept()) {
        assert(performance.now() < until, `round ${round}: ${got.length} came`);
        read();
        await pause();
      }
      hub.child.kill(isLast ? "SIGTERM" : "SIGKILL");
      const { authority } = hub;
      await hub[Symbol.asyncDispose]();
      hub = await startHubProcess(STORY, env, authority);
    }
    assertEquals(got, Array.from({ length: ROUNDS * A_ROUND }, (_, n) => n));
    const recordings = `${folder}/stream-recordings/demo/voice-1/a`;
    const [recording] = await Array.fromAsync(Deno.readDir(recordings));
    const { packet } = JSON.parse(await Deno.readTextFile(`${recordings}/${recording?.name}`));
    assertEquals(packet.payload, {});
  } finally {
    await hub[Symbol.asyncDispose]();
    await Deno.remove(folder, { recursive: true });
  }
});

/** Whether the last packet of a round is among those that the hub has written down. */
async function keeps(folder: string, last: number): Promise<boolean> {
  try {
    const bytes = await Deno.readFile(`${folder}/streams/demo/voice-1/b/replay`);
    const { packets } = decodeCheckpoint(bytes, { now: 0, unixNow: 0 });
    const body = packets.at(-1)?.parcel.body;
    const payload = body && Packet.read(body).decoded().payload;
    return payload !== undefined && structToJson(payload)["n"] === last;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
