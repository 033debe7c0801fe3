import { assertEquals } from "@std/assert";
import { createReporter } from "./reporter.ts";

function harness(terminal: boolean, columns = 80) {
  const written: string[] = [];
  const clock = { now: 0 };
  const reporter = createReporter({
    write: (text) => written.push(text),
    terminal,
    columns: () => columns,
    now: () => clock.now,
  });
  return { reporter, written, clock };
}

Deno.test("on a terminal the status changes in place and a line takes its room", () => {
  const { reporter, written } = harness(true);
  reporter.status("etcd: 1 s");
  reporter.status("etcd: 2 s");
  reporter.line("etcd: built");
  assertEquals(written, [
    "\r\x1b[2Ketcd: 1 s",
    "\r\x1b[2Ketcd: 2 s",
    "\r\x1b[2Ketcd: built\n",
  ]);
});

Deno.test("on a narrow terminal the status never wraps", () => {
  const { reporter, written } = harness(true, 10);
  reporter.status("kube-apiserver: compiling");
  assertEquals(written, ["\r\x1b[2Kkube-apis"]);
});

Deno.test("a log gets plain lines, and a status only every ten seconds", () => {
  const { reporter, written, clock } = harness(false);
  for (; clock.now <= 25_000; clock.now += 1_000) reporter.status(`${clock.now / 1000} s`);
  reporter.line("built");
  assertEquals(written, ["10 s\n", "20 s\n", "built\n"]);
});

Deno.test("a line in a log puts off the next status", () => {
  const { reporter, written, clock } = harness(false);
  clock.now = 9_000;
  reporter.line("etcd: built");
  clock.now = 12_000;
  reporter.status("helm: 3 s");
  clock.now = 19_000;
  reporter.status("helm: 10 s");
  assertEquals(written, ["etcd: built\n", "helm: 10 s\n"]);
});
