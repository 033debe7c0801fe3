import { assertEquals } from "@std/assert";
import { ControlAction } from "../proto/messages.ts";
import { ControlErrors } from "./control_errors.ts";

const error = (message: string) => ({ action: ControlAction.error, metadata: { message } });

Deno.test("an engram's error is logged once a session, and those of all sessions once a minute", () => {
  let now = 0;
  const lines: string[] = [];
  const errors = new ControlErrors(
    () => now,
    (level, _message, { err } = {}) => lines.push(`${level} ${err}`),
  );
  const first = errors.session();
  first({ action: ControlAction.ack, metadata: { message: "fine" } });
  first(error("no such codec"));
  now = 120_000;
  first(error("no such codec, still"));
  errors.session()(error("x".repeat(1_000)));
  const late = errors.session();
  late(error("within the minute"));
  now += 60_000;
  late({ action: ControlAction.error });
  assertEquals(lines, [
    "WARN no such codec",
    `WARN ${"x".repeat(256)}`,
    "WARN it says nothing more",
  ]);
});
