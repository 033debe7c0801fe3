import { assertEquals } from "@std/assert";
import { ANSWERS, answersOfGo } from "./answers.ts";

Deno.test("the committed answers of templates are those of Go", async () => {
  assertEquals(await Deno.readTextFile(ANSWERS), await answersOfGo(), "run `deno task templates`");
});
