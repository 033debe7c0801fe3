import { assert, assertEquals, assertNotEquals } from "@std/assert";
import fc from "fast-check";
import { MAX_ID_LENGTH } from "../proto/messages.ts";
import { newEpoch, streamId } from "./stream_id.ts";

const bytes = fc.uint8Array({ minLength: 5, maxLength: 5 });
const moment = fc.integer({ min: 1_600_000_000_000, max: 4_000_000_000_000 });

Deno.test("two starts in the same millisecond have different epochs", () => {
  fc.assert(fc.property(moment, bytes, bytes, (now, a, b) => {
    const same = a.every((byte, i) => byte === b[i]);
    assertEquals(newEpoch(now, a) === newEpoch(now, b), same);
  }));
});

Deno.test("a stream's name fits, and differs by owner and by epoch, however long names are", () => {
  const part = fc.string({ minLength: 1, maxLength: 253 });
  fc.assert(fc.property(part, part, moment, bytes, (run, step, now, random) => {
    const epoch = newEpoch(now, random);
    const name = streamId(["demo", run, step], epoch);
    assert(name.length <= MAX_ID_LENGTH);
    assertNotEquals(name, streamId(["demo", run, `${step}x`], epoch));
    assertNotEquals(name, streamId(["demo", run, step], newEpoch(now + 1, random)));
  }));
});
