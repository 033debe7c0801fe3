import { assert, assertEquals, assertFalse, assertThrows } from "@std/assert";
import fc from "fast-check";
import { formatVersion, isAtLeast, parseVersion, type Version } from "./version.ts";

const version = fc.record({
  major: fc.nat(50),
  minor: fc.nat(50),
  patch: fc.nat(50),
  prerelease: fc.constantFrom("", "-rc.1", "-alpha.0"),
});

function at(text: string): Version {
  const version = parseVersion(text);
  assert(version !== undefined, `no version in ${text}`);
  return version;
}

Deno.test("parseVersion reads what kube-apiserver, etcd and helm print", () => {
  assertEquals(formatVersion(at("Kubernetes v1.36.3\n")), "v1.36.3");
  assertEquals(
    formatVersion(at("etcd Version: 3.6.16\nGit SHA: abc1234\nGo Version: go1.26.8\n")),
    "v3.6.16",
  );
  assertEquals(formatVersion(at("v4.3.1+g3f9a1c2")), "v4.3.1");
});

Deno.test("parseVersion finds nothing where no version is", () => {
  assertEquals(parseVersion(""), undefined);
  assertEquals(parseVersion("command not found"), undefined);
  assertEquals(parseVersion("go1.26.8 is a toolchain"), undefined);
});

Deno.test("parseVersion and formatVersion are inverse for every version", () => {
  fc.assert(fc.property(version, (any) => {
    assertEquals(parseVersion(formatVersion(any)), any);
  }));
});

Deno.test("isAtLeast orders releases number by number", () => {
  assert(isAtLeast(at("1.36.3"), "1.36.0"));
  assert(isAtLeast(at("1.36.0"), "1.36.0"));
  assert(isAtLeast(at("2.0.0"), "1.36.0"));
  assertFalse(isAtLeast(at("1.35.9"), "1.36.0"));
  assertFalse(isAtLeast(at("3.22.0"), "4.0.0"));
});

Deno.test("isAtLeast takes no prerelease for its release", () => {
  assertFalse(isAtLeast(at("v1.36.0-rc.1"), "1.36.0"));
  assert(isAtLeast(at("v1.36.1-rc.1"), "1.36.0"));
});

Deno.test("isAtLeast is total: of two versions one is at least the other", () => {
  fc.assert(fc.property(version, version, (a, b) => {
    const up = isAtLeast(a, formatVersion(b));
    const down = isAtLeast(b, formatVersion(a));
    assert(up || down);
    const rank = ({ major, minor, patch, prerelease }: Version) =>
      [major, minor, patch, prerelease === "" ? 1 : 0].join(".");
    assertEquals(up && down, rank(a) === rank(b));
  }));
});

Deno.test("isAtLeast refuses a bound that is no version", () => {
  assertThrows(() => isAtLeast(at("1.2.3"), "newest"), TypeError, "newest");
});
