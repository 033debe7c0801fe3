import { assertEquals } from "@std/assert";
import { mix } from "./palette.ts";

Deno.test("a mix lies between its colours", () => {
  assertEquals(mix("#ff0000", "#000000", 0.5), "#800000");
  assertEquals(mix("#ffffff", "#000000", 0), "#000000");
});

Deno.test("a colour that is no plain hex one is taken as it is", () => {
  assertEquals(mix("rgba(1, 2, 3, 0.5)", "#000000", 0.5), "rgba(1, 2, 3, 0.5)");
});
