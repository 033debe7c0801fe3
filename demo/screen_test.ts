import { assertEquals } from "@std/assert";
import { createScreen } from "./screen.ts";

function screen(terminal: boolean) {
  const written: string[] = [];
  let now = 0;
  const pass = (ms: number) => void (now += ms);
  return { written, pass, ...createScreen((text) => written.push(text), terminal, () => now) };
}

Deno.test("a terminal's lines change in place, under the lines that stay", () => {
  const { written, say, show } = screen(true);
  show(["a", "b"]);
  show(["c"]);
  say("stays");
  show(["d"]);
  assertEquals(written, [
    "a\nb\n",
    "\x1b[2A\x1b[Jc\n",
    "\x1b[1A\x1b[Jstays\nc\n",
    "\x1b[1A\x1b[Jd\n",
  ]);
});

Deno.test("without a terminal lines are printed when they changed, and not too often", () => {
  const { written, pass, show } = screen(false);
  show(["a"]);
  show(["b"]);
  pass(2000);
  show(["a"]);
  show(["b"]);
  pass(2000);
  show(["c"]);
  assertEquals(written, ["a\n", "b\n", "c\n"]);
});
