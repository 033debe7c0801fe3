import { assertEquals, assertThrows } from "@std/assert";
import { parseOptions, UsageError } from "./options.ts";

Deno.test("without arguments the demo plays the recordings on port 8080", () => {
  const { port, kubeconfig, help } = parseOptions([]);
  assertEquals([port, kubeconfig, help], [8080, undefined, false]);
});

Deno.test("values come after a space or an equals sign", () => {
  const options = parseOptions(["--speed", "10", "--port=0", "--kubeconfig=a=b", "--region", "x"]);
  assertEquals([options.speed, options.port, options.kubeconfig, options.region], [
    10,
    0,
    "a=b",
    "x",
  ]);
});

Deno.test("--kubeconfig wins over KUBECONFIG, an empty KUBECONFIG is none", () => {
  assertEquals(parseOptions([], "/env").kubeconfig, "/env");
  assertEquals(parseOptions(["--kubeconfig", "/arg"], "/env").kubeconfig, "/arg");
  assertEquals(parseOptions([], "").kubeconfig, undefined);
});

for (
  const args of [["--speed"], ["--speed", "0"], ["--port", "x"], ["--port=70000"], ["--fast"], [
    "x",
  ]]
) {
  Deno.test(`${args.join(" ")} is refused`, () => {
    assertThrows(() => parseOptions(args), UsageError);
  });
}
