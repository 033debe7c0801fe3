/** Generators of transport contract values for property tests. */
import fc from "fast-check";
import type { BindingEnvelope } from "../binding_envelope.ts";
import { PROTOCOL_VERSION } from "../names.ts";
import type { StoryStep } from "../story.ts";
import type { StreamingSettings } from "../streaming_settings.ts";

/** Plain JSON objects over few keys, so that layers meet; no nulls. */
export const jsonObjects: fc.Arbitrary<Record<string, unknown>> = fc.letrec<{
  value: unknown;
  object: Record<string, unknown>;
}>((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    fc.integer(),
    fc.boolean(),
    fc.array(fc.integer(), { maxLength: 2 }),
    tie("object"),
  ),
  object: fc.dictionary(fc.constantFrom("a", "b", "c"), tie("value"), {
    maxKeys: 3,
    noNullPrototype: true,
  }),
})).object;

const count = fc.integer({ min: 1, max: 1_000 });
const percent = fc.integer({ min: 1, max: 100 });

function some<T>(fields: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<Partial<T>> {
  return fc.record(fields, { requiredKeys: [], noNullPrototype: true }) as fc.Arbitrary<Partial<T>>;
}

/** Settings as a Transport or a Story may write them; no empty objects. */
export const streamingSettings: fc.Arbitrary<StreamingSettings> = some({
  backpressure: fc.record({
    buffer: fc.record({
      maxMessages: count,
      dropPolicy: fc.constantFrom("drop_newest" as const, "drop_oldest" as const),
    }, { noNullPrototype: true }),
  }, { noNullPrototype: true }),
  flowControl: fc.record({
    mode: fc.constantFrom("none" as const, "credits" as const, "window" as const),
    ackEvery: fc.record({ messages: count }, { noNullPrototype: true }),
    pauseThreshold: fc.record({ bufferPct: percent }, { noNullPrototype: true }),
  }, { requiredKeys: ["mode"], noNullPrototype: true }),
  delivery: fc.record({
    ordering: fc.constantFrom("none" as const, "per_stream" as const, "per_partition" as const),
  }, { noNullPrototype: true }),
  routing: fc.record({
    mode: fc.constantFrom("auto" as const, "hub" as const, "p2p" as const),
    maxDownstreams: count,
  }, { requiredKeys: ["mode"], noNullPrototype: true }),
  lanes: fc.uniqueArray(
    fc.record({
      name: fc.constantFrom("voice", "pictures", "text"),
      kind: fc.constantFrom("audio" as const, "video" as const, "payload" as const),
      maxMessages: count,
    }, { requiredKeys: ["name", "kind"], noNullPrototype: true }),
    { selector: ({ name }) => name, minLength: 1, maxLength: 3 },
  ),
}) as fc.Arbitrary<StreamingSettings>;

const texts = fc.array(fc.string({ minLength: 1, maxLength: 20 }), { maxLength: 4 });

export const bindingEnvelopes: fc.Arbitrary<BindingEnvelope> = fc.record({
  name: fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,20}[a-z0-9])?$/),
  namespace: fc.constantFrom("", "demo"),
  binding: fc.record({
    transportRef: fc.string({ maxLength: 20 }),
    driver: fc.string({ maxLength: 20 }),
    endpoint: fc.string({ maxLength: 30 }),
    audioCodecs: texts,
    videoCodecs: texts,
    binaryTypes: texts,
    protocolVersion: fc.constant(PROTOCOL_VERSION),
    settings: fc.option(jsonObjects, { nil: undefined }),
  }, { noNullPrototype: true }),
}, { noNullPrototype: true });

/**
 * Steps of a graph without cycles, `s0` to `sN`: each may need any before it, have a condition or a
 * runtime block, and be an engram or a primitive.
 */
export const storySteps: fc.Arbitrary<StoryStep[]> = fc.array(
  fc.record({
    needs: fc.array(fc.nat(7), { maxLength: 3 }),
    conditional: fc.boolean(),
    runtime: fc.boolean(),
    plain: fc.boolean(),
    primitive: fc.boolean(),
  }),
  { minLength: 1, maxLength: 8 },
).map((shapes) =>
  shapes.map(({ needs, conditional, runtime, plain, primitive }, index): StoryStep => ({
    name: `s${index}`,
    ...(primitive && !plain ? { type: "condition" } : { ref: { name: `engram-${index}` } }),
    needs: [...new Set(needs.filter((need) => need < index))].map((need) => `s${need}`),
    // Half of all steps are plain, else hardly any graph would have two of them in a row.
    ...(conditional && !plain ? { if: "{{ packet.ok }}" } : {}),
    ...(runtime && !plain ? { runtime: { text: "{{ packet.text }}" } } : {}),
  }))
);
