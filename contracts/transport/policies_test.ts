import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { effectiveSettings } from "./merge_settings.ts";
import { DEFAULT_HUB_LIMITS, resolvePolicies } from "./policies.ts";
import type { StreamingSettings } from "./streaming_settings.ts";
import { streamingSettings } from "./testing/arbitraries.ts";

Deno.test("unset and 0 mean the hub's own limits", () => {
  for (const buffer of [{}, { maxMessages: 0, maxBytes: 0, maxAgeSeconds: 0 }]) {
    const policy = resolvePolicies({ backpressure: { buffer } }).buffer;
    assertEquals(policy.maxMessages, DEFAULT_HUB_LIMITS.bufferMaxMessages);
    assertEquals(policy.maxBytes, DEFAULT_HUB_LIMITS.bufferMaxBytes);
    assertEquals(policy.maxAge, undefined);
    assertEquals(policy.dropPolicy, "drop_newest");
  }
});

Deno.test("credits start with the buffer's limits unless initialCredits says otherwise", () => {
  const flow = resolvePolicies({
    backpressure: { buffer: { maxMessages: 7, maxBytes: 70 } },
    flowControl: { mode: "credits", initialCredits: { messages: 3 } },
  }).flow;
  assertEquals([flow.initialMessages, flow.initialBytes], [3, 70]);
});

Deno.test("a resume threshold that is no lower than the pause is half of it", () => {
  for (const resume of [undefined, 0, 80, 90]) {
    const { flow } = resolvePolicies({
      flowControl: {
        pauseThreshold: { bufferPct: 80 },
        ...(resume === undefined ? {} : { resumeThreshold: { bufferPct: resume } }),
      },
    });
    assertEquals([flow.pausePct, flow.resumePct], [80, 40]);
  }
});

Deno.test("replay means at least once, and at least once means numbered", () => {
  assertEquals(
    resolvePolicies({ delivery: { replay: { mode: "memory", retentionSeconds: 30 } } })
      .delivery,
    {
      replay: "memory",
      semantics: "at_least_once",
      ordering: "per_stream",
      retention: 30_000,
      checkpointInterval: 1_000,
    },
  );
  assertEquals(
    resolvePolicies({ delivery: { semantics: "at_least_once", ordering: "per_partition" } })
      .delivery.ordering,
    "per_partition",
  );
});

Deno.test("draining is on for drain_cutover and blue_green, and when it has a timeout", () => {
  const drain = (lifecycle: StreamingSettings["lifecycle"] & object) =>
    resolvePolicies({ lifecycle }).lifecycle.drain;
  assertEquals([drain({}), drain({ strategy: "rolling" })], [false, false]);
  assertEquals([drain({ strategy: "drain_cutover" }), drain({ strategy: "blue_green" })], [
    true,
    true,
  ]);
  assertEquals(drain({ drainTimeoutSeconds: 1 }), true);
});

Deno.test("downstreams and join entries never exceed the hub's hard limits", () => {
  const limits = { ...DEFAULT_HUB_LIMITS, maxDownstreams: 8, joinMaxEntries: 5 };
  const policies = resolvePolicies(
    { routing: { maxDownstreams: 9 }, fanIn: { maxEntries: 6 } },
    limits,
  );
  assertEquals([policies.maxDownstreams, policies.fanIn.maxEntries], [8, 5]);
});

Deno.test("whatever is set, the policies have no contradiction in them", () => {
  fc.assert(fc.property(streamingSettings, (streaming) => {
    const { buffer, flow, delivery, maxDownstreams } = resolvePolicies(
      effectiveSettings({ streaming }, undefined),
    );
    assert(flow.resumePct < flow.pausePct);
    assert(buffer.maxMessages > 0 && buffer.maxBytes > 0 && maxDownstreams > 0);
    assert(flow.initialMessages > 0 && flow.initialBytes > 0);
    assert(delivery.semantics === "best_effort" || delivery.ordering !== "none");
    for (const lane of buffer.lanes.values()) assert(lane.maxMessages > 0 && lane.maxBytes > 0);
  }));
});

Deno.test("recording and watermark are off unless settings ask for them, and then have defaults", () => {
  const of = (settings: StreamingSettings) => {
    const { recording, watermark } = resolvePolicies(settings);
    return { recording, watermark };
  };
  const off = { recording: undefined, watermark: undefined };
  assertEquals(of({}), off);
  assertEquals(of({ recording: { mode: "metadata", sampleRate: 0 } }), off);
  assertEquals(
    of({ observability: { metrics: { enabled: false }, watermark: { enabled: true } } }),
    off,
  );
  assertEquals(
    of({
      recording: { mode: "payload", redactFields: ["payload.x"] },
      observability: { watermark: { enabled: true, timestampSource: " audio " } },
    }),
    {
      recording: {
        mode: "payload",
        sampleRate: 100,
        retention: 86_400_000,
        redactFields: ["payload.x"],
      },
      watermark: { source: "audio" },
    },
  );
});
