import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { ContractError } from "../contract_error.ts";
import { deepMerge, effectiveSettings, withDefaults } from "./merge_settings.ts";
import { isObject } from "./parse.ts";
import { type StreamingSettings, streamingSettingsSchema } from "./streaming_settings.ts";
import { jsonObjects, streamingSettings } from "./testing/arbitraries.ts";

/** The original's merge, whose defaults go into every layer (its known defect). */
function original(transport: StreamingSettings, story: StreamingSettings): unknown {
  return deepMerge(withDefaults(transport), withDefaults(story));
}

function leaves(value: unknown, path = ""): [string, unknown][] {
  if (!isObject(value) || Object.keys(value).length === 0) return [[path, value]];
  return Object.entries(value).flatMap(([key, inner]) => leaves(inner, `${path}/${key}`));
}

Deno.test("nobody said anything: credits, 32 downstreams and the four lanes", () => {
  assertEquals(effectiveSettings(undefined, undefined), {
    flowControl: {
      mode: "credits",
      ackEvery: { messages: 10, maxDelay: "250ms" },
      pauseThreshold: { bufferPct: 90 },
      resumeThreshold: { bufferPct: 50 },
    },
    routing: { maxDownstreams: 32 },
    lanes: ["audio", "video", "binary", "payload"].map((kind) => ({
      name: kind,
      kind: kind as "audio",
      direction: "bidirectional" as const,
      maxMessages: 100,
      maxBytes: 1_048_576,
    })),
  });
});

Deno.test("a silent Story leaves what its Transport says as it is", () => {
  const { flowControl, routing, lanes } = effectiveSettings({
    streaming: {
      flowControl: { mode: "none" },
      routing: { maxDownstreams: 4 },
      lanes: [{ name: "voice", kind: "audio" }],
    },
  }, { streaming: {} });
  assertEquals(flowControl, { mode: "none" });
  assertEquals(routing, { maxDownstreams: 4 });
  assertEquals(lanes?.map(({ name }) => name), ["voice"]);
});

Deno.test("a Story overrules field by field, and typed settings overrule free-form ones", () => {
  const { backpressure } = effectiveSettings({
    defaultSettings: {
      backpressure: { buffer: { maxMessages: 1, maxBytes: 1, maxAgeSeconds: 1 } },
    },
    streaming: { backpressure: { buffer: { maxMessages: 2, maxBytes: 2 } } },
  }, {
    settings: { backpressure: { buffer: { maxBytes: 3, dropPolicy: "block" } } },
    streaming: { backpressure: { buffer: { maxMessages: 4 } } },
  });
  assertEquals(backpressure?.buffer, {
    maxMessages: 4,
    maxBytes: 3,
    maxAgeSeconds: 1,
    dropPolicy: "block",
  });
});

Deno.test("every field is the last that was said, whatever the layers", () => {
  fc.assert(fc.property(fc.array(jsonObjects, { maxLength: 4 }), (layers) => {
    const merged = leaves(layers.reduce<unknown>(deepMerge, {}));
    const said = layers.map((layer) => leaves(layer));
    for (const [path, value] of merged) {
      const values = said.flatMap((layer) => layer.filter(([other]) => other === path));
      assertEquals(value, values.at(-1)?.[1] ?? {}, path);
    }
    for (const [path, value] of said.at(-1) ?? []) {
      // An empty object says nothing about the fields beneath it.
      if (!isObject(value)) assertEquals(new Map(merged).get(path), value, path);
    }
  }));
});

Deno.test("merging is associative and idempotent where no scalar hides an object", () => {
  const layers = fc.tuple(streamingSettings, streamingSettings, streamingSettings);
  fc.assert(fc.property(layers, ([a, b, c]) => {
    assertEquals(deepMerge(deepMerge(a, b), c), deepMerge(a, deepMerge(b, c)));
    assertEquals(deepMerge(a, a), a);
    assertEquals(deepMerge(a, {}), a);
    assertEquals(deepMerge({}, a), a);
  }));
});

Deno.test("defaults change nothing that was said and nothing the second time", () => {
  fc.assert(fc.property(streamingSettings, (settings) => {
    const once = withDefaults(settings);
    assertEquals(withDefaults(once), once);
    const said = streamingSettingsSchema.parse(settings);
    for (const [path, value] of leaves(said)) {
      if (path.startsWith("/lanes") || isObject(value) || value === undefined) continue;
      assertEquals(new Map(leaves(once)).get(path), value, path);
    }
  }));
});

Deno.test("only what a Transport says and its Story leaves open differs from the original", () => {
  fc.assert(fc.property(streamingSettings, streamingSettings, (transport, story) => {
    const ours = effectiveSettings({ streaming: transport }, { streaming: story });
    const theirs = original(transport, story);
    if (!isObject(theirs)) throw new Error("a merge of objects is an object");
    const sections = Object.keys({ ...ours, ...theirs })
      .filter((key) => !["flowControl", "lanes", "routing"].includes(key));
    for (const key of sections) assertEquals(ours[key], theirs[key], key);
    if (transport.lanes === undefined) {
      assertEquals(ours.lanes, theirs["lanes"] as typeof ours.lanes);
    }
    if (transport.flowControl === undefined) {
      const flow = theirs["flowControl"];
      // Under mode none the original keeps thresholds that nothing reads.
      if (ours.flowControl?.mode !== "none") assertEquals<unknown>(ours.flowControl, flow);
      else assert(isObject(flow) && flow["mode"] === "none");
    }
    if (transport.routing?.maxDownstreams === undefined) {
      assertEquals<unknown>(ours.routing, theirs["routing"]);
    }
  }));
});

Deno.test("a null says nothing, and a key of any name stays data", () => {
  assertEquals(deepMerge({ a: 1 }, { a: null, b: { c: null } }), { a: 1, b: {} });
  const merged = deepMerge({}, JSON.parse('{"__proto__": {"x": 1}}'));
  assert(isObject(merged) && Object.hasOwn(merged, "__proto__"));
  assertEquals(({} as Record<string, unknown>)["x"], undefined);
});

Deno.test("a wrong setting is refused with the name of its field", () => {
  const cases: [unknown, string][] = [
    [{ backpressure: { buffer: { maxMessages: -1 } } }, "backpressure.buffer.maxMessages"],
    [
      { flowControl: { pauseThreshold: { bufferPct: 101 } } },
      "flowControl.pauseThreshold.bufferPct",
    ],
    [{ flowControl: { ackEvery: { maxDelay: "soon" } } }, "flowControl.ackEvery.maxDelay"],
    [{ routing: { maxDownstreams: 0 } }, "routing.maxDownstreams"],
    [{ lanes: [{ name: "Voice", kind: "audio" }] }, "lanes[0].name"],
    [{ lanes: [{ name: "a", kind: "audio" }, { name: "a", kind: "video" }] }, "lanes[1].name"],
    [{ fanIn: { mode: "quorum" } }, "fanIn.quorum"],
    [{ delivery: { ordering: "global" } }, "delivery.ordering"],
  ];
  for (const [streaming, field] of cases) {
    assertThrows(() => effectiveSettings({ streaming }, undefined), ContractError, field);
  }
});
