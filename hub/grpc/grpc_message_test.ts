import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { encodeGrpcMessage } from "./grpc_message.ts";

Deno.test("a message of printable ASCII stays as it is, but for the percent sign", () => {
  assertEquals(encodeGrpcMessage("no run demo/voice-1 (yet)!"), "no run demo/voice-1 (yet)!");
  assertEquals(encodeGrpcMessage("100%"), "100%25");
  assertEquals(encodeGrpcMessage("a\r\nb"), "a%0D%0Ab");
  assertEquals(encodeGrpcMessage("Grüße 🎉"), "Gr%C3%BC%C3%9Fe %F0%9F%8E%89");
});

Deno.test("every text becomes a header, and the same text again", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
    const encoded = encodeGrpcMessage(text);
    assert(/^[\x20-\x7e]*$/.test(encoded), encoded);
    assertEquals(decodeURIComponent(encoded), text.toWellFormed());
  }));
});

Deno.test("a lone surrogate and an endless text do no harm", () => {
  assertEquals(encodeGrpcMessage("\ud800"), "%EF%BF%BD");
  assertEquals(encodeGrpcMessage("x".repeat(100_000)).length, 1024);
});
