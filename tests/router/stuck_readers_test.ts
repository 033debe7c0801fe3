import {
  assert,
  assertEquals,
  assertGreater,
  assertGreaterOrEqual,
  assertLess,
  assertMatch,
} from "@std/assert";
import { subscribe, type Subscription } from "../../client/subscribe.ts";
import { snapshotOf } from "../../contracts/fold.ts";
import type { FlowMessage } from "../../contracts/flow.ts";
import type { HelloReason } from "../../contracts/hello.ts";
import { waitFor } from "../cluster/wait_for.ts";
import { type GatedFetch, gatedFetch } from "./gated_fetch.ts";
import { Inspector } from "./inspector.ts";
import { sumOf } from "./metrics_text.ts";
import { RouterProcess } from "./router_process.ts";

const FLOW = "f";
const STUCK = 500;
/** Readers that read again while they are still let, and after they were cut off. */
const [IN_TIME, TOO_LATE] = [50, 15];

/** A ring that is small against what the load brings, so that whoever waits is left behind. */
const SETTINGS = {
  RING_CAPACITY: "256",
  RING_BYTES: "1MiB",
  STUCK_TIMEOUT: "10s",
  QUEUE_BYTES: "16MiB",
};
const QUEUE_BYTES = 16 * 2 ** 20;
/** A socket, its reader and a write under way. */
const READER_BYTES = 16_000;

/** A reader with the hellos it got, which takes nothing before its gate is opened. */
interface Reader {
  readonly gate: GatedFetch;
  readonly subscription: Subscription;
  readonly hellos: HelloReason[];
}

function follow(router: RouterProcess): Reader {
  const gate = gatedFetch();
  const hellos: HelloReason[] = [];
  const subscription = subscribe({
    url: router.url,
    flowId: FLOW,
    fetch: gate.fetch,
    heartbeat: 600_000,
    onHello: ({ reason }) => hellos.push(reason),
  });
  return { gate, subscription, hellos };
}

/** Batches of messages that replace a few large nodes again and again: the state stays as it is. */
function* batches(): Generator<FlowMessage[]> {
  const meta = { note: "x".repeat(1_500) };
  for (let n = 0;;) {
    yield Array.from({ length: 20 }, () => {
      const node = { id: `n${n % 40}`, flowId: FLOW, label: `${n++}`, status: "running", meta };
      return { type: "upsert-nodes", nodes: [node] };
    });
  }
}

/** Waits until the readers hold what the router does. */
async function areWhole(router: RouterProcess, readers: readonly Reader[]): Promise<void> {
  const { cursor, message } = (await router.snapshot(FLOW))!;
  await waitFor("the readers to be whole", () =>
    readers.every(({ subscription: { position } }) => {
      return `${position?.seq}-${position?.epoch}` === cursor;
    }));
  for (const { subscription: { state } } of readers) assertEquals(snapshotOf(state), message);
}

Deno.test("500 readers that take nothing cost no memory under load, and are whole again", async () => {
  await using router = await RouterProcess.start({ settings: SETTINGS, inspect: true });
  using inspector = await Inspector.connect(router.inspector);
  const load = batches();
  const publish = () => router.post(FLOW, ...load.next().value as FlowMessage[]);
  const heap = async () => {
    const { used, buffers } = await inspector.heapAfterCollection();
    return used + buffers;
  };
  const metric = async (name: string) => (await router.metrics()).get(`headrace_${name}`) ?? NaN;
  const cutOff = async () => sumOf(await router.metrics(), "headrace_slow_readers_cut_off_total");

  const healthy = follow(router);
  healthy.gate.open();
  // Until the ring is full and the code compiled, so that only readers make a difference from here on.
  for (let i = 0; i < 100; i++) await publish();
  const before = await heap();
  const stuck = Array.from({ length: STUCK }, () => follow(router));
  await waitFor("all streams to be open", async () => await metric("streams") === STUCK + 1);

  // The kernel takes some megabytes for each; then nothing more is written but to the healthy one.
  await waitFor("the readers to be stuck", async () => {
    const [written, accepted] = [
      await metric("stream_bytes_total"),
      await metric("message_bytes_accepted_total"),
    ];
    for (let i = 0; i < 10; i++) await publish();
    const more = await metric("stream_bytes_total") - written;
    return more < 2 * (await metric("message_bytes_accepted_total") - accepted);
  }, { every: 1 });

  const samples: number[] = [];
  for (let i = 0; i < 300; i++) {
    await publish();
    if (i % 30 === 0) samples.push(await heap());
  }
  // Were it but a reference for each of these 6,000 messages and each reader, it would be 24 MB more.
  const bound = before + QUEUE_BYTES + STUCK * READER_BYTES;
  assertLess(Math.max(...samples), bound, `${before} before, then ${samples}`);
  await areWhole(router, [healthy]);

  const [inTime, rest] = [stuck.slice(0, IN_TIME), stuck.slice(IN_TIME)];
  for (const { gate } of inTime) gate.open();
  await areWhole(router, inTime);
  // Most in the middle of their stream: one or two may have had to make room for others.
  const moved = inTime.filter(({ gate }) => gate.requests === 1);
  assertGreater(moved.length, IN_TIME / 2);
  // More than once, when the ring had left it behind again before it had taken the first.
  for (const { hellos } of moved) assertMatch(hellos.join(" "), /^new( evicted)+$/);

  await waitFor("the rest to be cut off", async () => {
    // Traffic or not: these take nothing.
    await publish();
    return await metric("streams") === 1 + IN_TIME;
  }, { every: 100 });
  assertGreaterOrEqual(await cutOff(), STUCK - IN_TIME);
  const tooLate = rest.slice(0, TOO_LATE);
  for (const { gate } of tooLate) gate.open();
  await areWhole(router, [healthy, ...inTime, ...tooLate]);
  for (const { hellos, gate } of tooLate) {
    assertGreaterOrEqual(gate.requests, 2);
    assertEquals(hellos.at(-1), "evicted");
  }

  const readers = [healthy, ...stuck];
  for (const { subscription } of readers) subscription.close();
  await Promise.all(readers.map(({ subscription }) => subscription.closed));
  await waitFor("all streams to be closed", async () => await metric("streams") === 0);
  assertEquals(await metric("queued_bytes"), 0);
  assertLess(await heap(), before + 2e6);
  assertEquals(router.failures, []);
  assertEquals(router.complaints, "");
  assert(router.running);
});
