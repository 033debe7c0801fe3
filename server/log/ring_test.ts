import {
  assert,
  assertEquals,
  assertLessOrEqual,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import fc from "fast-check";
import { Ring } from "./ring.ts";

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const frame = (seq: number, size = 4) => `${seq}`.padEnd(size, ".").slice(0, size);

Deno.test("ring gives exactly the frames after any seq that it still has", () => {
  const limits = fc.record({
    frames: fc.integer({ min: 1, max: 70 }),
    bytes: fc.integer({ min: 1, max: 300 }),
  });
  const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 200 });
  fc.assert(
    fc.property(limits, sizes, fc.integer({ min: 1, max: 100 }), (limits, sizes, maxBytes) => {
      const ring = new Ring(limits);
      const all = sizes.map((size, i) => frame(i + 1, size));
      for (const one of all) ring.push(one);
      assertEquals(ring.last, all.length);
      const kept = all.slice(ring.first - 1);
      assertEquals(ring.bytes, kept.reduce((sum, { length }) => sum + length, 0));
      assert(kept.length <= limits.frames);
      assert(ring.bytes <= limits.bytes || kept.length === 1);
      for (let seq = 0; seq <= all.length + 1; seq++) {
        assertEquals(ring.has(seq), seq >= ring.first - 1 && seq <= ring.last);
        if (!ring.has(seq) || seq === ring.last) {
          assertThrows(() => ring.after(seq, maxBytes), RangeError);
          continue;
        }
        let got = "";
        for (let at = seq; at < ring.last;) {
          const { last, shared } = ring.after(at, maxBytes);
          assertLessOrEqual(shared.length, Math.max(maxBytes, all[at]!.length));
          got += text(shared.bytes);
          at = last;
        }
        assertEquals(got, all.slice(seq).join(""));
      }
    }),
  );
});

Deno.test("ring evicts no more than its limits ask for", () => {
  const ring = new Ring({ frames: 3, bytes: 1000 });
  for (let seq = 1; seq <= 5; seq++) ring.push(frame(seq));
  assertEquals([ring.first, ring.last], [3, 5]);
  const small = new Ring({ frames: 100, bytes: 10 });
  for (let seq = 1; seq <= 5; seq++) small.push(frame(seq, 4));
  assertEquals([small.first, small.last, small.bytes], [4, 5, 8]);
});

Deno.test("ring keeps the newest frame whatever its size", () => {
  const ring = new Ring({ frames: 10, bytes: 10 });
  ring.push(frame(1));
  ring.push(frame(2, 100));
  assertEquals([ring.first, ring.last, ring.bytes], [2, 2, 100]);
});

Deno.test("ring counts what a frame takes, on the wire or in memory", () => {
  const bytesOf = (frame: string) => {
    const ring = new Ring({ frames: 10, bytes: 1000 });
    ring.push(frame);
    return ring.bytes;
  };
  // V8 keeps two bytes for each character as soon as one needs them; UTF-8 takes three for most.
  assertEquals(["abcd", "abcé", "abc…", "漢字漢字"].map(bytesOf), [4, 8, 8, 12]);
});

Deno.test("readers at one place share one buffer", () => {
  const ring = new Ring({ frames: 10, bytes: 1000 });
  ring.push(frame(1));
  ring.push(frame(2));
  assertStrictEquals(ring.after(0, 1000).shared, ring.after(0, 1000).shared);
});

Deno.test("a shared buffer does not change when more frames come", () => {
  const ring = new Ring({ frames: 2, bytes: 1000 });
  ring.push(frame(1));
  const { shared } = ring.after(0, 1000);
  for (let seq = 2; seq <= 9; seq++) ring.push(frame(seq));
  assertEquals(text(shared.bytes), "1...");
});
