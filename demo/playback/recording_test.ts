import { assertEquals, assertGreater, assertLess, assertThrows } from "@std/assert";
import { isTime, parseRecording } from "./recording.ts";

const object = (more: Record<string, unknown> = {}) => ({
  apiVersion: "example.io/v1",
  kind: "Widget",
  metadata: { name: "a", creationTimestamp: "2026-01-01T00:00:05Z" },
  ...more,
});
const line = (t: number, type = "ADDED", it: unknown = object()) =>
  JSON.stringify({ t, event: { type, object: it } });

Deno.test("a recording is read in the order of its times, blank lines skipped", () => {
  const recording = parseRecording(
    [line(30, "DELETED"), "", line(10), line(20, "MODIFIED"), ""].join("\n"),
    "x.jsonl",
  );
  assertEquals(recording.events.map(({ t, event }) => [t, event.type]), [
    [10, "ADDED"],
    [20, "MODIFIED"],
    [30, "DELETED"],
  ]);
  assertEquals(recording.durationMs, 30);
});

Deno.test("the beginning is the earliest that no event contradicts", () => {
  const seen = (t: number, time: string) =>
    line(t, "MODIFIED", object({ status: { conditions: [{ lastTransitionTime: time }] } }));
  const recording = parseRecording(
    [seen(2_400, "2026-01-01T00:00:06Z"), seen(4_100, "2026-01-01T00:00:08Z")].join("\n"),
    "x.jsonl",
  );
  assertEquals(recording.beganAt, Date.UTC(2026, 0, 1, 0, 0, 3, 900));
});

Deno.test("a deletion time in the future and times in spec say nothing about the beginning", () => {
  const recording = parseRecording(
    line(
      1_000,
      "MODIFIED",
      object({
        metadata: {
          name: "a",
          creationTimestamp: "2026-01-01T00:00:05Z",
          deletionTimestamp: "2030-01-01T00:00:00Z",
        },
        spec: { notAfter: "2040-01-01T00:00:00Z" },
      }),
    ),
    "x.jsonl",
  );
  assertEquals(recording.beganAt, Date.UTC(2026, 0, 1, 0, 0, 4));
});

for (
  const [what, text] of [
    ["no event", "\n\n"],
    ["text", "hello"],
    ["null", "null"],
    ["no time", JSON.stringify({ event: { type: "ADDED", object: object() } })],
    ["a time before the beginning", line(-1)],
    ["another type", line(1, "BOOKMARK")],
    ["no object", JSON.stringify({ t: 1, event: { type: "ADDED" } })],
    ["an object without a kind", line(1, "ADDED", { apiVersion: "v1", metadata: { name: "a" } })],
    ["an object without a name", line(1, "ADDED", { ...object(), metadata: {} })],
  ] as const
) {
  Deno.test(`a recording that holds ${what} is refused by its place`, () => {
    assertThrows(() => parseRecording(text, "x.jsonl"), SyntaxError, "x.jsonl");
  });
}

Deno.test("a bad line is named by its number", () => {
  assertThrows(
    () => parseRecording(`${line(1)}\n\n${line(2)}\nhello`, "x.jsonl"),
    SyntaxError,
    "x.jsonl:4 is not JSON",
  );
});

for (const name of ["fsn1", "hel1"]) {
  Deno.test(`the recording ${name} is whole, and begins within a second before its first event`, async () => {
    const url = new URL(`../recordings/${name}.jsonl`, import.meta.url);
    const recording = parseRecording(await Deno.readTextFile(url), name);
    assertGreater(recording.events.length, 300);
    const [first] = recording.events;
    const created = Date.parse(first?.event.object.metadata.creationTimestamp ?? "");
    const offset = created - recording.beganAt;
    // Kubernetes cuts to seconds, so the object may seem up to a second older than it is.
    assertLess(offset, (first?.t ?? 0) + 1);
    assertGreater(offset, (first?.t ?? 0) - 2_500);
  });
}

Deno.test("a time is an RFC 3339 text and nothing around it", () => {
  for (const text of ["2026-01-01T00:00:00Z", "2026-01-01T00:00:00.123456789+02:00"]) {
    assertEquals(isTime(text), true);
  }
  for (const text of ["2026-01-01", "at 2026-01-01T00:00:00Z", "2026-13-01T00:00:00Z", "5m"]) {
    assertEquals(isTime(text), false);
  }
});
