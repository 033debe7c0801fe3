import { assertEquals, assertThrows } from "@std/assert";
import { cpuSeconds, kbPerConnection, othersCpuSeconds, type Sample, usageOf } from "./proc.ts";

function sample(...processes: { ticks: [number, number]; rss: number }[]): Sample {
  return {
    atMs: 0,
    machine: "cpu  0 0 0 0 0 0 0 0 0 0",
    processes: processes.map(({ ticks: [user, system], rss }) => ({
      stat: `17 (a ) (name) S 1 17 17 0 -1 4194304 98 0 0 0 ${user} ${system} 5 6 20 0 3 0 9 1 2 3`,
      status: `Name:\ta\nVmHWM:\t    9999 kB\nVmRSS:\t    ${rss} kB\nThreads:\t3\n`,
    })),
  };
}

Deno.test("usage adds user and system time and memory of all processes", () => {
  const usage = usageOf(sample({ ticks: [100, 50], rss: 1000 }, { ticks: [20, 30], rss: 24 }));
  assertEquals(usage.cpuSeconds, 2);
  assertEquals(usage.rssKb, 1024);
});

Deno.test("differences are between samples, a connection and in seconds", () => {
  const begin = sample({ ticks: [10, 10], rss: 1000 });
  const end = sample({ ticks: [110, 60], rss: 3000 });
  assertEquals(cpuSeconds(begin, end), 1.5);
  assertEquals(kbPerConnection(begin, end, 100), 20);
});

Deno.test("texts of another form are refused, not taken for zero", () => {
  const [process] = sample({ ticks: [1, 1], rss: 1 }).processes;
  for (const broken of [{ ...process!, status: "" }, { ...process!, stat: "17 (a) S" }]) {
    assertThrows(() => usageOf({ ...sample(), processes: [broken] }), TypeError);
  }
});

Deno.test("others are what kept the cores busy and was neither server nor client", () => {
  const at = (machine: string): Sample => ({ ...sample(), machine });
  const begin = at("cpu  100 10 20 999 50 1 2 3 40 0");
  const end = at("cpu  200 20 30 9999 999 2 3 5 90 0");
  assertEquals(othersCpuSeconds(begin, end, 1), 0.24);
  assertEquals(othersCpuSeconds(begin, end, 2), 0);
});
