import { assertEquals } from "@std/assert";
import { type BuildProgress, describe, foldLine, NOTHING_BUILT } from "./build_progress.ts";

function read(...lines: string[]): BuildProgress {
  return lines.reduce(foldLine, NOTHING_BUILT);
}

Deno.test("downloads, packages and complaints are told apart", () => {
  const progress = read(
    "go: downloading example.org/mill v1.2.3",
    "unsafe",
    "internal/goarch",
    "github.com/kr/text",
    "gopkg.in/yaml.v3",
    "# github.com/kr/text",
    "./text.go:7:2: undefined: wrap",
    "",
  );
  assertEquals(progress, {
    downloaded: 1,
    compiled: 4,
    complaints: ["# github.com/kr/text", "./text.go:7:2: undefined: wrap"],
  });
});

Deno.test("of a flood of complaints the last ones are kept", () => {
  const lines = Array.from({ length: 100 }, (_, i) => `x.go:${i}: broken`);
  const { complaints } = read(...lines);
  assertEquals(complaints, lines.slice(-complaints.length));
  assertEquals(complaints.length, 30);
});

Deno.test("describe names the phase that the build is in", () => {
  assertEquals(describe(NOTHING_BUILT, undefined), "reading modules");
  assertEquals(describe(read("go: downloading a v1.0.0"), 7), "downloading modules (1)");
  assertEquals(describe(read("fmt", "os"), undefined), "compiling (2 packages)");
  assertEquals(describe(read("fmt", "os"), 7), "compiling 2/7 packages");
  assertEquals(describe(read("fmt", "os"), 2), "linking");
});
