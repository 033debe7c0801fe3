import { assertEquals } from "@std/assert";
import { protoFiles } from "./proto_text.ts";

for (const [name, text] of protoFiles()) {
  Deno.test(`what others read the protocol from is what we read and write: ${name}`, async () => {
    const file = new URL(`./transport/v1/${name}`, import.meta.url);
    assertEquals(await Deno.readTextFile(file), text, "run `deno task schema`");
  });
}
