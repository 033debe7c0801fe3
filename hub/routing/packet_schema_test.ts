import { assertEquals, assertThrows } from "@std/assert";
import { encode } from "../proto/codec.ts";
import { DataPacket } from "../proto/messages.ts";
import { Packet } from "../proto/packet.ts";
import { SchemaError } from "../schema/schema_checks.ts";
import { MemoryHub, packetFrame, settle, storyText } from "../server/testing/memory_hub.ts";
import { setUp } from "./testing/routed.ts";

const DOCUMENTS = [
  {
    kind: "Engram",
    metadata: { name: "asr", namespace: "demo" },
    spec: { templateRef: { name: "speech" } },
  },
  {
    kind: "EngramTemplate",
    metadata: { name: "speech" },
    spec: {
      inputSchema: {
        type: "object",
        properties: { lang: { type: "string" }, rate: { type: "integer", default: 16 } },
        required: ["lang"],
      },
      outputSchema: { type: "object", required: ["text"] },
    },
  },
];

const asr = (name: string, more: object = {}) => ({ name, ref: { name: "asr" }, ...more });
const STEPS = [
  asr("a"),
  asr("b", { needs: ["a"], runtime: { lang: "{{ packet.lang }}" } }),
  asr("c", { needs: ["a"], with: { rate: 8 } }),
  asr("d", { needs: ["a"] }),
];

const FAULT = "/ must have required property 'lang'";

Deno.test("what a block makes is completed by the template's defaults and held to its schema", async () => {
  const { route } = await setUp(STEPS, {}, {}, DOCUMENTS);
  assertEquals(await route("a", { text: "hi", lang: "en" }), [
    'b {"lang":"en","rate":16}',
    `c: inputs of step "c" failed schema validation: ${FAULT}`,
    // Without a block of its own a step gets the packet as it came.
    "d",
  ]);
});

Deno.test("a packet that is not what its engram puts out goes nowhere; one of media alone may", async () => {
  const { plan, router } = await setUp(STEPS, {}, {}, DOCUMENTS);
  const packet = (fields: DataPacket) => Packet.read(encode(DataPacket, fields));
  assertThrows(
    () => router.route(plan, "a", packet({ payload: new Uint8Array() })),
    SchemaError,
    "outputs of step \"a\" failed schema validation: / must have required property 'text'",
  );
  const media = packet({ binary: { payload: new Uint8Array(3) } });
  const routes = router.route(plan, "a", media);
  assertEquals(routes.flatMap((route) => "error" in route ? [] : [route.step]), ["c", "d"]);
});

Deno.test("data against a schema are dead letters under their own reason, and the producer goes on", async () => {
  const text = [storyText(STEPS), ...DOCUMENTS.map((one) => JSON.stringify(one))].join("\n---\n");
  const memory = new MemoryHub(text);
  const a = await memory.open("a");
  const b = await memory.open("b");
  a.session.receive(packetFrame({ lang: "en" }));
  a.session.receive(packetFrame({ lang: "en", text: "hi" }));
  await settle();
  assertEquals(memory.hub.deadLetters.map(({ step, reason }) => `${step} ${reason}`), [
    "a schema",
    "c schema",
  ]);
  assertEquals(b.wire.payloads, [{ lang: "en", text: "hi" }]);
  assertEquals(a.wire.ended, undefined);
});
