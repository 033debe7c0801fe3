import { assert, assertStringIncludes, assertThrows } from "@std/assert";
import { ToolsError } from "./errors.ts";
import { checkGoVersion } from "./go.ts";

Deno.test("the Go release that Kubernetes names is taken, whatever its patch", () => {
  checkGoVersion("go version go1.26.8 linux/amd64\n");
  checkGoVersion("go version go1.26.0 darwin/arm64\n");
});

Deno.test("another Go release is refused with what to do about it", () => {
  for (
    const printed of [
      "go version go1.25.4 linux/amd64",
      "go version go1.27.0 linux/amd64",
      "go version go1.27rc1 linux/amd64",
      "go version devel go1.28-3f9a1c2 linux/amd64",
      "",
    ]
  ) {
    const error = assertThrows(() => checkGoVersion(printed), ToolsError);
    assert(error.code === "go-version");
    assertStringIncludes(error.message, "install Go 1.26");
    assertStringIncludes(error.message, "GOTOOLCHAIN");
  }
});
