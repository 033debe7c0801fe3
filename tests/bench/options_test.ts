import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { BenchError } from "./errors.ts";
import { LOADS, QUICK_LOADS } from "./loads.ts";
import { help, parseOptions, SECTIONS } from "./options.ts";

const PEERS = ["headrace", "nchan", "go"];

Deno.test("without options everything is measured and written", () => {
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

Deno.test("what is less than everything is not written", () => {
  for (
    const args of [["--quick"], ["--only", "go"], ["--parts=storm"], ["--loads", "1x1"], [
      "--no-write",
    ]]
  ) {
    assertEquals(parseOptions(args, PEERS).write, false);
  }
  assertEquals(parseOptions(["--rounds", "3", "--seconds", "2"], PEERS).write, true);
});

Deno.test("servers and parts keep their own order", () => {
  const { peers, sections } = parseOptions(
    ["--only", "go, headrace", "--parts", "storm,fanout"],
    PEERS,
  );
  assertEquals(peers, ["headrace", "go"]);
  assertEquals(sections, ["fanout", "storm"]);
});

Deno.test("quick is short, unless told otherwise", () => {
  assertEquals(parseOptions(["--quick"], PEERS).loads, QUICK_LOADS);
  assertEquals(parseOptions(["--quick"], PEERS).windowMs, 1000);
  assertEquals(parseOptions(["--quick", "--seconds", "0.5"], PEERS).windowMs, 500);
});

Deno.test("options that make no sense are refused with a word about which", () => {
  for (
    const args of [
      ["--only", "pigeon"],
      ["--parts", ""],
      ["--seconds", "0"],
      ["--seconds", "x"],
      ["--rounds", "10"],
      ["--quiet", "601"],
      ["--nice=-21"],
      ["--loads", "many"],
      ["--unknown"],
      ["stray"],
    ]
  ) {
    assertThrows(() => parseOptions(args, PEERS), BenchError);
  }
});

Deno.test("the help names every server and every part", () => {
  for (const name of [...PEERS, ...SECTIONS]) assertStringIncludes(help(PEERS), name);
});
