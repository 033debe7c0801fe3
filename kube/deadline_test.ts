import { assertEquals, assertInstanceOf, assertStrictEquals } from "@std/assert";
import { sleep } from "../contracts/clock.ts";
import { Deadline } from "./deadline.ts";
import { KubeError } from "./errors.ts";
import { FakeClock, settle } from "./testing/fake_clock.ts";

Deno.test("a deadline aborts with a timeout that names what was late", async () => {
  const clock = new FakeClock();
  using deadline = new Deadline(clock, new AbortController().signal);
  deadline.set(1000, "GET /apis");
  await clock.advance(999);
  assertEquals([deadline.signal.aborted, deadline.expired], [false, false]);
  await clock.advance(1);
  assertEquals([deadline.signal.aborted, deadline.expired], [true, true]);
  assertInstanceOf(deadline.signal.reason, KubeError);
  assertEquals(deadline.signal.reason.code, "timeout");
  assertEquals(deadline.signal.reason.message, "GET /apis: no answer in time");
});

Deno.test("a deadline that is pushed back does not fire before its new end", async () => {
  const clock = new FakeClock();
  using deadline = new Deadline(clock, new AbortController().signal);
  deadline.set(1000, "a watch");
  for (let i = 0; i < 10; i++) {
    await clock.advance(900);
    deadline.push(1000);
    assertEquals(clock.pending, 1, "one timer, however often it is pushed");
  }
  assertEquals(deadline.expired, false);
  await clock.advance(1000);
  assertEquals(deadline.expired, true);
});

Deno.test("a deadline that is set again counts from there", async () => {
  const clock = new FakeClock();
  using deadline = new Deadline(clock, new AbortController().signal);
  deadline.set(1000, "the head");
  deadline.set(5000, "the stream");
  await clock.advance(4999);
  assertEquals(deadline.expired, false);
  await clock.advance(1);
  assertEquals(deadline.signal.reason.message, "the stream: no answer in time");
});

Deno.test("a deadline follows its parent, also one that was aborted before", () => {
  const clock = new FakeClock();
  const parent = new AbortController();
  const early = new Deadline(clock, parent.signal);
  early.set(1000, "x");
  parent.abort("stop");
  const late = new Deadline(clock, parent.signal);
  for (const deadline of [early, late]) {
    assertEquals([deadline.signal.aborted, deadline.expired], [true, false]);
    assertStrictEquals(deadline.signal.reason, "stop");
    deadline[Symbol.dispose]();
  }
  assertEquals(clock.pending, 0);
});

Deno.test("a disposed deadline neither fires nor follows", async () => {
  const clock = new FakeClock();
  const parent = new AbortController();
  const deadline = new Deadline(clock, parent.signal);
  deadline.set(1000, "x");
  deadline[Symbol.dispose]();
  await clock.advance(5000);
  parent.abort();
  assertEquals(deadline.signal.aborted, false);
});

Deno.test("a sleep ends with its time or with its signal, and leaves no timer", async () => {
  const clock = new FakeClock();
  const stop = new AbortController();
  const ended: string[] = [];
  sleep(clock, 1000, stop.signal).then(() => ended.push("short"));
  sleep(clock, 9000, stop.signal).then(() => ended.push("long"));
  await clock.advance(1000);
  assertEquals(ended, ["short"]);
  stop.abort();
  await settle();
  assertEquals(ended, ["short", "long"]);
  assertEquals(clock.pending, 0);
  await sleep(clock, 1000, stop.signal);
});
