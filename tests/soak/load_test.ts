import { assert, assertEquals } from "@std/assert";
import { parseFlowMessage } from "../../contracts/parse_message.ts";
import { GARBAGE, randomBody, randomMessage } from "./load.ts";

Deno.test("every random message is one that a router takes", () => {
  const seen = new Set<string>();
  for (let i = 0; i < 500; i++) {
    const message = randomMessage("f", (bound) => Math.floor(Math.random() * bound));
    assertEquals(parseFlowMessage(JSON.parse(JSON.stringify(message))), message);
    seen.add(message.type);
  }
  assertEquals(seen.size, 5);
});

Deno.test("bodies come in all three forms, garbage in many", () => {
  const forms = new Set<string>();
  for (let i = 0; i < 100; i++) {
    const { body, type } = randomBody("f", (bound) => Math.floor(Math.random() * bound));
    forms.add(type + body[0]);
  }
  assertEquals(forms.size, 3);
  assert(new Set(GARBAGE.map(({ status }) => status)).size >= 5);
});
