import { assertEquals, assertRejects } from "@std/assert";
import type { Bench } from "./bench.ts";
import { BenchError } from "./errors.ts";
import type { FanOutAnswer, Order } from "./load_client.ts";
import { parseOptions } from "./options.ts";
import type { PreparedPeer } from "./peer.ts";
import { runBench } from "./run.ts";

const PEERS = ["headrace", "nchan", "go", "echo"];

const PEER: PreparedPeer = {
  version: "1",
  command: () => Promise.reject(new Error("nothing is started here")),
  subscribe: { method: "GET", path: "/" },
  publish: (body) => ({ method: "POST", path: "/", body }),
};

function answer(ticks: number): FanOutAnswer {
  const sample = (used: number) => ({
    atMs: 0,
    machine: "cpu  0 0 0 0 0 0 0 0 0 0",
    processes: [{
      stat: `1 (s) S 1 1 1 0 -1 0 0 0 0 0 ${used} 0 0`,
      status: "VmRSS:\t100 kB\n",
    }],
  });
  return {
    connectMs: 1,
    connected: 1,
    published: 1,
    deliveries: 1000,
    distinct: 1000,
    duplicates: 0,
    disorder: 0,
    missing: 0,
    bytes: 1,
    windowMs: 1000,
    clientCpuMs: 1,
    publishers: 1,
    failures: {},
    latency: [],
    answer: [],
    idle: sample(0),
    opened: sample(0),
    begin: sample(0),
    end: sample(ticks),
  };
}

/** A bench that starts nothing and gets its answers from `load`. */
function bench(load: (order: Order, peer: string) => unknown): { bench: Bench; started: string[] } {
  const started: string[] = [];
  return {
    started,
    bench: {
      prelude: 5,
      times: { settleMs: 1, warmUpMs: 2, windowMs: 3, drainMs: 4 },
      load: (order) => Promise.resolve(load(order, started.at(-1) ?? "") as never),
      start: (peer, use) => {
        started.push(peer);
        return use({ addr: "127.0.0.1:1", pid: 1, complaints: () => "" }, PEER);
      },
    },
  };
}

Deno.test("each load meets all streaming peers before the next load does", async () => {
  const { bench: fake, started } = bench(() => answer(100));
  const options = parseOptions(["--parts", "fanout", "--loads", "1x2,3x4"], PEERS);
  const { fanOut, skipped } = await runBench(fake, options, PEERS, () => {});
  assertEquals(started, ["headrace", "nchan", "go", "headrace", "nchan", "go"]);
  assertEquals(fanOut.map(({ subscribers, rate }) => [subscribers, rate]).slice(2, 4), [
    [1, 2],
    [3, 4],
  ]);
  assertEquals(skipped, []);
});

Deno.test("a load is put as it is called, with the bench's times", async () => {
  const orders: Order[] = [];
  const { bench: fake } = bench((order) => {
    orders.push(order);
    return answer(1);
  });
  const options = parseOptions(["--parts", "fanout", "--loads", "7x9"], PEERS);
  await runBench(fake, options, ["go"], () => {});
  const { mode, subscribers, rate, prelude, settleMs, warmUpMs, windowMs, drainMs } = orders[0]!;
  assertEquals([mode, subscribers, rate, prelude], ["fanout", 7, 9, 5]);
  assertEquals([settleMs, warmUpMs, windowMs, drainMs], [1, 2, 3, 4]);
});

Deno.test("of several rounds the median is kept", async () => {
  const ticks = [100, 25, 50];
  const { bench: fake } = bench(() => answer(ticks.shift()!));
  const options = parseOptions(
    ["--parts", "fanout", "--loads", "1x1", "--rounds", "3"],
    PEERS,
  );
  const { fanOut } = await runBench(fake, options, ["headrace"], () => {});
  assertEquals(fanOut.map(({ deliveriesPerCpuSecond }) => deliveriesPerCpuSecond), [2000]);
});

Deno.test("on a machine that is not quiet a measurement is repeated and the calmest kept", async () => {
  const busyTicks = [900, 300, 600];
  const orders: string[] = [];
  const { bench: fake } = bench(({ mode }) => {
    orders.push(mode);
    if (mode === "quiet") return { quiet: false };
    const some = answer(100);
    return {
      ...some,
      end: { ...some.end, machine: `cpu  ${busyTicks.shift()} 0 0 0 0 0 0 0 0 0` },
    };
  });
  const options = parseOptions(["--parts", "idle", "--quiet", "1"], PEERS);
  const { idle } = await runBench(fake, options, ["headrace"], () => {});
  assertEquals(orders, ["quiet", "fanout", "quiet", "fanout", "quiet", "fanout"]);
  assertEquals(idle.map(({ othersCpuShare }) => Math.round(othersCpuShare)), [2]);
});

Deno.test("rounds take what is compared in turn", async () => {
  const { bench: fake, started } = bench(() => answer(100));
  const options = parseOptions(["--parts", "idle", "--rounds", "2"], PEERS);
  await runBench(fake, options, PEERS, () => {});
  assertEquals(started, ["headrace", "nchan", "go", "headrace", "nchan", "go"]);
});

Deno.test("what fails is told and the rest goes on", async () => {
  const { bench: fake } = bench((_, peer) => {
    if (peer === "nchan") throw new BenchError("load", "too slow");
    return answer(100);
  });
  const options = parseOptions(["--parts", "idle"], PEERS);
  const steps: string[] = [];
  const { idle, skipped } = await runBench(fake, options, PEERS, (text) => steps.push(text));
  assertEquals(steps.map((text) => text.split(":")[0]), [
    "headrace, idle flow",
    "nchan, idle flow",
    "go, idle flow",
  ]);
  assertEquals(idle.map(({ peer }) => peer), ["headrace", "go"]);
  assertEquals(skipped, [{ what: "nchan, idle flow", why: "too slow" }]);
});

Deno.test("an interrupt ends the run", async () => {
  const { bench: fake, started } = bench(() => {
    throw new DOMException("interrupted", "AbortError");
  });
  const options = parseOptions(["--parts", "fanout"], PEERS);
  await assertRejects(() => runBench(fake, options, PEERS, () => {}), DOMException);
  assertEquals(started.length, 1);
});
