import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { MAX_NOTE_MESSAGE, MAX_NOTES, noteOf, readNotes, tellingNote, withNote } from "./note.ts";
import { at, fluxEvent, fluxEvents } from "./testing/events.ts";

const LATER = at("19:00:00");
const notes = fluxEvents.map((event) => noteOf(event, LATER));

Deno.test("in whatever order notes come, and however often, the same are kept", () => {
  fc.assert(fc.property(
    fc.array(notes, { maxLength: 40 }).chain((all) =>
      fc.tuple(
        fc.constant(all),
        fc.shuffledSubarray([...all, ...all], {
          minLength: all.length * 2,
          maxLength: all.length * 2,
        }),
      )
    ),
    ([all, shuffled]) => {
      const keep = (list: typeof all) => list.reduce(withNote, [] as typeof all);
      assertEquals(keep(shuffled), keep(all));
    },
  ));
});

Deno.test("a node keeps a bounded number of notes, newest first, and the one that tells", () => {
  const failed = noteOf(fluxEvent({ reason: "UpgradeFailed", severity: "error" }), LATER);
  const chatter = Array.from({ length: 30 }, (_, i) =>
    noteOf(
      fluxEvent({ reason: "SomethingNew", message: `${i}`, at: `18:01:${10 + i}` }),
      LATER,
    ));
  const kept = [failed, ...chatter].reduce(withNote, [] as typeof chatter);
  assertEquals(kept.length, MAX_NOTES + 1);
  assertEquals(kept.map(({ at }) => at), kept.map(({ at }) => at).toSorted((a, b) => b - a));
  assertEquals(tellingNote(kept)?.note, failed);
});

Deno.test("a failure and its remedy in one second are told in the order in which they happen", () => {
  const failed = noteOf(fluxEvent({ reason: "UpgradeFailed", severity: "error" }), LATER);
  const rolledBack = noteOf(fluxEvent({ reason: "RollbackSucceeded" }), LATER);
  assertEquals(withNote([rolledBack], failed), withNote([failed], rolledBack));
  assertEquals(tellingNote(withNote([rolledBack], failed))?.note.reason, "RollbackSucceeded");
});

Deno.test("an event from the future counts as now, so that a wrong clock has no last word", () => {
  assertEquals(noteOf(fluxEvent({ at: "23:00:00" }), at("18:00:05")).at, at("18:00:05"));
});

Deno.test("a long message is cut, and not inside a character", () => {
  const { message } = noteOf(fluxEvent({ message: "🌊".repeat(2_000) }), LATER);
  assertEquals(message.length, MAX_NOTE_MESSAGE);
  assert(message.isWellFormed());
});

Deno.test("notes that somebody else wrote are read as far as they are notes", () => {
  const note = noteOf(fluxEvent(), LATER);
  assertEquals(readNotes([note, null, { at: "now" }, 7]), [note]);
  assertEquals([readNotes(undefined), readNotes({})], [[], []]);
});
