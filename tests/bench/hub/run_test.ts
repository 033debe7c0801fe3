import { assertEquals, assertRejects } from "@std/assert";
import { BenchError } from "../errors.ts";
import type { HubAnswer, HubOrder } from "./load_client.ts";
import { QUICK_LOADS } from "./loads.ts";
import type { Leg } from "./peer.ts";
import { type HubBench, runHubBench } from "./run.ts";

const PEERS: { name: string; legs: Leg[] }[] = [
  { name: "headrace", legs: ["plain", "batched"] },
  { name: "go", legs: ["plain"] },
];
const ALL = { loads: QUICK_LOADS, sections: ["speed", "rate"], rounds: 1 } as const;

function answer(some: Partial<HubAnswer> & { ticks?: number } = {}): HubAnswer {
  const sample = (used: number) => ({
    atMs: 0,
    machine: `cpu  ${used + 20} 0 0 0 0 0 0 0 0 0`,
    processes: [{
      stat: `1 (s) S 1 1 1 0 -1 0 0 0 0 0 ${used} 0 0`,
      status: "VmRSS:\t2048 kB\n",
    }],
  });
  const { ticks = 100, ...rest } = some;
  return {
    messages: 500_000,
    frames: 5_000,
    windowMs: 2000,
    clientCpuMs: 1000,
    sent: 600_000,
    missing: 0,
    disorder: 0,
    latency: [[1500, 10]],
    begin: sample(0),
    end: sample(ticks),
    ...rest,
  };
}

/** A bench that starts nothing and gets its answers from `load`. */
function bench(load: (order: HubOrder, peer: string) => HubAnswer): HubBench {
  let current = "";
  return {
    certificates: "/certificates",
    quiet: undefined,
    times: { warmUpMs: 1, windowMs: 2, drainMs: 3 },
    load: (order) => Promise.resolve(load(order, current)),
    start(peer, tls, use) {
      current = `${peer}${tls ? "" : " without TLS"}`;
      return use({ addr: "127.0.0.1:1", pid: 1, complaints: () => "out of memory" });
    },
  };
}

Deno.test("every leg of every hub is measured under every load, and told what a frame may hold", async () => {
  const orders: [string, number, number, string][] = [];
  const { results, skipped } = await runHubBench(
    bench((order, peer) => {
      orders.push([peer, order.batch, order.rate, order.certificates]);
      return answer();
    }),
    { ...ALL, sections: ["speed", "plaintext", "rate"] },
    PEERS,
    () => {},
  );
  assertEquals(orders, [
    ["headrace", 1, 0, "/certificates"],
    ["headrace", 128, 0, "/certificates"],
    ["go", 1, 0, "/certificates"],
    ["headrace without TLS", 1, 0, ""],
    ["headrace without TLS", 128, 0, ""],
    ["go without TLS", 1, 0, ""],
    ["headrace", 1, 5000, "/certificates"],
    ["headrace", 128, 5000, "/certificates"],
    ["go", 1, 5000, "/certificates"],
  ]);
  assertEquals(skipped, []);
  const { messagesPerSecond, messagesPerFrame, cpuSecondsPerMillion, rssMb, clientCpuShare } =
    results[0]!;
  assertEquals(
    { messagesPerSecond, messagesPerFrame, cpuSecondsPerMillion, rssMb, clientCpuShare },
    {
      messagesPerSecond: 250_000,
      messagesPerFrame: 100,
      cpuSecondsPerMillion: 2,
      rssMb: 2,
      clientCpuShare: 0.5,
    },
  );
});

Deno.test("of several rounds the median counts, and what any of them lost", async () => {
  const rounds = [{ ticks: 300, missing: 1 }, { ticks: 100 }, { ticks: 200, disorder: 2 }];
  const { results } = await runHubBench(
    bench(() => answer(rounds.shift())),
    { ...ALL, sections: ["speed"], rounds: 3 },
    [{ name: "go", legs: ["plain"] }],
    () => {},
  );
  const [{ hubCpuSeconds, missing, disorder } = { hubCpuSeconds: 0, missing: 0, disorder: 0 }] =
    results;
  assertEquals({ hubCpuSeconds, missing, disorder }, { hubCpuSeconds: 2, missing: 1, disorder: 2 });
});

Deno.test("a hub that fails or stalls is left out with the reason, the others are measured", async () => {
  const { results, skipped } = await runHubBench(
    bench((order, peer) => {
      if (peer === "go") throw new BenchError("load", "no answer");
      return answer(order.batch > 1 ? { messages: 0 } : {});
    }),
    { ...ALL, sections: ["speed"] },
    PEERS,
    () => {},
  );
  assertEquals(results.map(({ peer, leg }) => [peer, leg]), [["headrace", "plain"]]);
  assertEquals(skipped, [
    {
      what: "headrace, batched, 1 × 100 B at full speed",
      why: "nothing arrives: out of memory",
    },
    { what: "go, plain, 1 × 100 B at full speed", why: "no answer" },
  ]);
});

Deno.test("an interrupt ends the run", async () => {
  const interrupted = bench(() => {
    throw new DOMException("interrupted", "AbortError");
  });
  await assertRejects(() => runHubBench(interrupted, ALL, PEERS, () => {}), DOMException);
});
