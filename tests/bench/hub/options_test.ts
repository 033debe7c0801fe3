import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { BenchError } from "../errors.ts";
import { LOADS, QUICK_LOADS, SECTIONS } from "./loads.ts";
import { help, parseOptions } from "./options.ts";

const PEERS = ["headrace", "go", "bare"];

Deno.test("without options everything about the hub is measured and written", () => {
  assertEquals(parseOptions([], PEERS), {
    help: false,
    quick: false,
    windowMs: 4000,
    loads: LOADS,
    peers: PEERS,
    sections: [...SECTIONS],
    rounds: 1,
    quietMs: 0,
    nice: 0,
    write: true,
  });
});

Deno.test("less than everything about the hub is not written", () => {
  for (const args of [["--quick"], ["--only", "go"], ["--parts=rate"], ["--no-write"]]) {
    assertEquals(parseOptions(args, PEERS).write, false);
  }
  assertEquals(parseOptions(["--quick"], PEERS).loads, QUICK_LOADS);
});

Deno.test("options of the hub's bench that make no sense are refused", () => {
  for (
    const args of [["--only", "pigeon"], ["--parts", "storm"], ["--loads", "1x1"], ["stray"]]
  ) {
    assertThrows(() => parseOptions(args, PEERS), BenchError);
  }
});

Deno.test("the help names every hub and every part", () => {
  for (const name of [...PEERS, ...SECTIONS]) assertStringIncludes(help(PEERS), name);
});
