import { assertEquals, assertThrows } from "@std/assert";
import { ToolsError } from "./errors.ts";
import { requiredVersion } from "./go_mod.ts";

const GO_MOD = `module example/tools

go 1.26.0

tool example.org/mill/cmd/mill

require example.org/sluice v0.3.0

require (
	example.org/mill v1.2.3 // indirect
	example.org/mill/wheel v0.9.0
)

replace (
	example.org/weir => example.org/weir v0.1.0
)
`;

Deno.test("requiredVersion reads a require of one line and of a block", () => {
  assertEquals(requiredVersion(GO_MOD, "example.org/sluice"), "v0.3.0");
  assertEquals(requiredVersion(GO_MOD, "example.org/mill"), "v1.2.3");
  assertEquals(requiredVersion(GO_MOD, "example.org/mill/wheel"), "v0.9.0");
});

Deno.test("requiredVersion takes neither a tool line nor a replacement for a requirement", () => {
  for (const module of ["example.org/mill/cmd/mill", "example.org/weir", "example.org/mi"]) {
    assertThrows(() => requiredVersion(GO_MOD, module), ToolsError, module);
  }
});
