import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { formatCursor, formatCursors, parseCursor, parseCursors } from "./cursor.ts";

Deno.test("a cursor is read back as it was written", () => {
  const epochs = fc.stringMatching(/^[a-z2-7]{13}$/);
  fc.assert(fc.property(fc.maxSafeNat(), epochs, (seq, epoch) => {
    assertEquals(parseCursor(formatCursor(seq, epoch)), { seq, epoch });
  }));
});

Deno.test("a bare number is a place in whatever epoch is current", () => {
  assertEquals(parseCursor("0"), { seq: 0 });
  assertEquals(parseCursor(" 42 "), { seq: 42 });
});

Deno.test("anything else is no cursor", () => {
  for (
    const text of [
      "",
      "-1",
      "1-",
      "01-abc",
      "1.5",
      "1e3",
      "9007199254740993",
      "abc",
      "1-ABC",
      "1-a-b",
      "NaN",
    ]
  ) assertEquals(parseCursor(text), undefined, text);
});

Deno.test("reading a cursor never throws", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => void parseCursor(text)));
});

Deno.test("places in several logs are one id, read back as they were written", () => {
  const epochs = fc.stringMatching(/^[a-z2-7]{13}$/);
  fc.assert(fc.property(fc.dictionary(epochs, fc.maxSafeNat(), { minKeys: 1 }), (seqs) => {
    const cursors = Object.entries(seqs);
    assertEquals(parseCursors(formatCursors(cursors)), new Map(cursors));
  }));
});

Deno.test("an id of several logs with one bad part is none", () => {
  for (const text of ["", "1", "1-abc.", "1-abc.2", "1-abc.banana", "1-abc 2-def"]) {
    assertEquals(parseCursors(text), undefined, text);
  }
});
