import { Buffer } from "node:buffer";
import { deflateSync, gzipSync } from "node:zlib";
import { assertEquals, assertThrows } from "@std/assert";
import { decompressor } from "./compression.ts";
import { FrameError } from "./deframer.ts";

const CONTENT = Buffer.alloc(1000, "ab");

Deno.test("gzip and deflate are read, other encodings are not known", () => {
  assertEquals(decompressor("gzip", 1000)?.(gzipSync(CONTENT)), new Uint8Array(CONTENT));
  assertEquals(decompressor("deflate", 1000)?.(deflateSync(CONTENT)), new Uint8Array(CONTENT));
  assertEquals(decompressor("br", 1000), undefined);
});

Deno.test("a small message that would be a large one is refused before it is one", () => {
  const bomb = gzipSync(Buffer.alloc(1001));
  const error = assertThrows(() => decompressor("gzip", 1000)?.(bomb), FrameError);
  assertEquals(error.code, "oversize");
});

Deno.test("a compressed message that is none is malformed", () => {
  for (const encoding of ["identity", "gzip", "deflate"]) {
    const error = assertThrows(
      () => decompressor(encoding, 1000)?.(Uint8Array.of(1, 2, 3)),
      FrameError,
    );
    assertEquals(error.code, "malformed");
  }
});
