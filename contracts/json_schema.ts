import { z } from "zod";
import { flowMessageSchema } from "./flow.ts";
import { helloSchema } from "./hello.ts";
import { problemSchema } from "./problem.ts";
import { packetEnvelopeSchema } from "./transport/packet_envelope.ts";
import { storySchema } from "./transport/story.ts";
import { streamingSettingsSchema } from "./transport/streaming_settings.ts";

/** What is generated from the zod schemas, by file name under `contracts/generated/`. */
const SCHEMAS = {
  "flow_message.schema.json": flowMessageSchema,
  "hello.schema.json": helloSchema,
  "packet_envelope.schema.json": packetEnvelopeSchema,
  "problem.schema.json": problemSchema,
  "story.schema.json": storySchema,
  "streaming_settings.schema.json": streamingSettingsSchema,
};

/** Every generated file with the text that it must have (JSON Schema draft 2020-12). */
export function generatedSchemas(): Map<string, string> {
  return new Map(
    Object.entries(SCHEMAS).map(([name, schema]) => [
      name,
      // `input`: what an emitter may write; defaults are then optional, as they are on the wire.
      JSON.stringify(z.toJSONSchema(schema, { io: "input" }), null, 2) + "\n",
    ]),
  );
}

if (import.meta.main) {
  for (const [name, text] of generatedSchemas()) {
    await Deno.writeTextFile(new URL(`./generated/${name}`, import.meta.url), text);
  }
}
