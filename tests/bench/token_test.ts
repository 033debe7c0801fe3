import { assertEquals } from "@std/assert";
import { signToken } from "./token.ts";

Deno.test("a token is signed as RFC 7515 says", async () => {
  assertEquals(
    await signToken("bench", { sub: "" }),
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIifQ.qunuuQ97KiLViGCS2MVx51YCTdsopZeCcK0egYVsIgk",
  );
});
