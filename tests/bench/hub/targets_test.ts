import { assertEquals } from "@std/assert";
import { judge } from "./targets.ts";
import { hubResult } from "./testing.ts";

/** What of a run was judged, and whether it was met. */
const met = (...results: Parameters<typeof judge>[0]) =>
  judge(results).map(({ target, met }) => [target.split(":")[0], met]);
const WHOLE = ["nothing lost and nothing out of order in the whole run", true];

Deno.test("batched legs are held to more messages without TLS than with", () => {
  assertEquals(
    met(
      hubResult({ messagesPerSecond: 200_000 }),
      hubResult({ messagesPerSecond: 299_999, tls: false }),
      hubResult({ messagesPerSecond: 300_000, tls: false, streams: 64 }),
      // Neither larger messages nor a fixed rate are held to it.
      hubResult({ messagesPerSecond: 1, size: 1024 }),
      hubResult({ messagesPerSecond: 1, rate: 5000 }),
    ),
    [
      ["batched, no TLS, 1 × 100 B", false],
      ["batched, no TLS, 64 × 100 B", true],
      ["batched, mutual TLS, 1 × 100 B", true],
      WHOLE,
    ],
  );
});

Deno.test("the plain leg is compared with grpc-js under the same load, per CPU second", () => {
  const plain = { leg: "plain", messagesPerSecond: 1 } as const;
  assertEquals(
    met(
      hubResult({ ...plain, cpuSecondsPerMillion: 10 }),
      hubResult({ ...plain, peer: "bare", cpuSecondsPerMillion: 10 }),
      hubResult({ ...plain, size: 1024, cpuSecondsPerMillion: 11 }),
      hubResult({ ...plain, size: 1024, peer: "bare", cpuSecondsPerMillion: 10 }),
      hubResult({ ...plain, streams: 64 }),
      hubResult({ ...plain, rate: 5000 }),
    ),
    [
      ["plain, mutual TLS, 1 × 100 B", true],
      ["plain, mutual TLS, 1 × 1024 B", false],
      WHOLE,
    ],
  );
});

Deno.test("a peer may lose messages, our hub may not", () => {
  assertEquals(met(hubResult({ peer: "go", leg: "plain", missing: 1 })), []);
  for (const some of [{ missing: 1 }, { disorder: 1 }]) {
    assertEquals(met(hubResult({ rate: 5000, ...some })), [[WHOLE[0], false]]);
  }
});
