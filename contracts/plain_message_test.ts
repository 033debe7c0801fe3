import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { parseFlowMessage } from "./parse_message.ts";
import { isPlainMessage } from "./plain_message.ts";
import { flowMessages } from "./testing/arbitraries.ts";

const clone = (value: unknown) => JSON.parse(JSON.stringify(value));

Deno.test("the messages that come in masses are plain, all others are left to the schemas", () => {
  fc.assert(fc.property(flowMessages, (message) => {
    const mass = message.type === "upsert-nodes" || message.type === "upsert-rels";
    assertEquals(isPlainMessage(clone(message)), mass);
  }));
});

/** Replaces one value somewhere inside, which mostly makes a message wrong, and sometimes not. */
const mutated = fc.tuple(
  flowMessages,
  fc.nat(),
  fc.oneof(
    fc.constantFrom(
      null,
      "",
      "a\u0000",
      "x".repeat(600),
      -1,
      1.5,
      2 ** 53,
      true,
      [],
      {},
      "contains",
    ),
    fc.jsonValue(),
  ),
).map(([message, place, value]) => {
  const copy = clone(message);
  const places: [object, string][] = [];
  const walk = (object: object) => {
    for (const [key, inner] of Object.entries(object)) {
      places.push([object, key]);
      if (typeof inner === "object" && inner !== null) walk(inner);
    }
  };
  walk(copy);
  const [object, key] = places[place % places.length]!;
  (object as Record<string, unknown>)[key] = value;
  return copy;
});

Deno.test("whatever is plain, the schemas take exactly as it stands", () => {
  let plain = 0;
  fc.assert(
    fc.property(mutated, (value) => {
      if (!isPlainMessage(value)) return;
      plain++;
      assertEquals(parseFlowMessage(clone(value)) as unknown, value);
    }),
    { numRuns: 5_000 },
  );
  assert(plain > 100, `${plain} of the values were plain`);
});

Deno.test("a __proto__ key anywhere near the contract's own fields is not plain", () => {
  const node = '"id":"a","flowId":"f","label":"a","status":"s"';
  for (
    const text of [
      `{"type":"upsert-nodes","__proto__":{},"nodes":[{${node}}]}`,
      `{"type":"upsert-nodes","nodes":[{${node},"__proto__":{}}]}`,
      `{"type":"upsert-nodes","nodes":[{${node},"meta":{"__proto__":{}}}]}`,
    ]
  ) assertEquals(isPlainMessage(JSON.parse(text)), false, text);
  assertEquals(isPlainMessage(JSON.parse(`{"type":"upsert-nodes","nodes":[{${node}}]}`)), true);
});
