import { assertEquals, assertThrows } from "@std/assert";
import { parseOptions, UsageError } from "./options.ts";

Deno.test("with a file alone the run has a map of its own and goes on until it is stopped", () => {
  const { file, duration, json, map, drain } = parseOptions(["a.yaml"]);
  assertEquals([file, duration, json, map, drain], [
    "a.yaml",
    undefined,
    false,
    { kind: "own", port: 0 },
    10_000,
  ]);
});

Deno.test("values come after a space or an equals sign, --allow more than once", () => {
  const options = parseOptions(["--for", "1m30s", "a.yaml", "--allow=go", "--allow", "python3"]);
  assertEquals([options.duration, [...options.allowed]], [90_000, ["go", "python3"]]);
  assertEquals(parseOptions(["a.yaml", "--server", "http://x:1"]).map, {
    kind: "server",
    url: "http://x:1",
  });
});

Deno.test("help needs no file", () => {
  assertEquals(parseOptions(["-h"]).help, true);
});

for (
  const args of [
    [],
    ["a.yaml", "b.yaml"],
    ["a.yaml", "--for"],
    ["a.yaml", "--for", "soon"],
    ["a.yaml", "--for", "0s"],
    ["a.yaml", "--port", "70000"],
    ["a.yaml", "--server", "router:8080"],
    ["a.yaml", "--server", "http://x", "--no-map"],
    ["a.yaml", "--json=yes"],
    ["a.yaml", "--fast"],
  ]
) {
  Deno.test(`${args.join(" ") || "nothing"} is refused`, () => {
    assertThrows(() => parseOptions(args), UsageError);
  });
}
