import { assert, assertEquals, assertThrows } from "@std/assert";
import { billOfMaterials, BomError } from "./bom.ts";
import { PARTS } from "./containerfile.ts";
import { directPackages, sbom } from "./sbom.ts";

const SUBJECT = { name: "mill", version: "1.0.0", deno: "2.9.2" };
const HASH = `sha512-${btoa("x".repeat(64))}`;
const HEX = "78".repeat(64);

Deno.test("the bill has what the program leads to, and nothing else of the lock", () => {
  const bill = billOfMaterials(
    {
      npm: {
        "@scope/a@1.0.0_c@3.0.0": { integrity: HASH, dependencies: ["b", "c@3.0.0"] },
        "b@2.0.0": { integrity: HASH, dependencies: ["c@4.0.0"] },
        "c@3.0.0": { integrity: HASH },
        "c@4.0.0": { integrity: HASH },
        "test-only@1.0.0": { integrity: HASH },
      },
    },
    ["@scope/a@1.0.0", "@scope/a@1.0.0"],
    SUBJECT,
  );
  assertEquals(bill.components.map((one) => one["bom-ref"]), [
    "pkg:generic/deno@2.9.2",
    "pkg:npm/%40scope/a@1.0.0",
    "pkg:npm/b@2.0.0",
    "pkg:npm/c@3.0.0",
    "pkg:npm/c@4.0.0",
  ]);
  assertEquals(bill.components[1], {
    type: "library",
    "bom-ref": "pkg:npm/%40scope/a@1.0.0",
    group: "@scope",
    name: "a",
    version: "1.0.0",
    purl: "pkg:npm/%40scope/a@1.0.0",
    hashes: [{ alg: "SHA-512", content: HEX }],
  });
  assertEquals(bill.dependencies.map(({ ref, dependsOn }) => [ref, ...dependsOn]), [
    ["pkg:generic/mill@1.0.0", "pkg:generic/deno@2.9.2", "pkg:npm/%40scope/a@1.0.0"],
    ["pkg:generic/deno@2.9.2"],
    ["pkg:npm/%40scope/a@1.0.0", "pkg:npm/b@2.0.0", "pkg:npm/c@3.0.0"],
    ["pkg:npm/b@2.0.0", "pkg:npm/c@4.0.0"],
    ["pkg:npm/c@3.0.0"],
    ["pkg:npm/c@4.0.0"],
  ]);
});

Deno.test("packages that depend on each other end, and a diamond is listed once", () => {
  const bill = billOfMaterials(
    {
      npm: {
        "a@1.0.0": { integrity: HASH, dependencies: ["b"] },
        "b@1.0.0": { integrity: HASH, dependencies: ["a"] },
      },
    },
    ["a@1.0.0"],
    SUBJECT,
  );
  assertEquals(bill.components.length, 3);
});

Deno.test("a lock that lacks a package, is ambiguous or has no hash is refused", () => {
  const of = (npm: Record<string, { integrity: string; dependencies?: string[] }>) => () =>
    billOfMaterials({ npm }, ["a@1.0.0"], SUBJECT);
  assertThrows(of({}), BomError, "0 packages for a@1.0.0");
  assertThrows(
    of({
      "a@1.0.0": { integrity: HASH, dependencies: ["b"] },
      "b@1.0.0": { integrity: HASH },
      "b@2.0.0": { integrity: HASH },
    }),
    BomError,
    "2 packages for b",
  );
  assertThrows(of({ "a@1.0.0": { integrity: "sha1-x" } }), BomError, "no SHA-512");
});

Deno.test("direct packages are read from specifiers, whatever is imported of them", () => {
  const modules = [
    { specifier: "npm:/hono@4.1.0/cookie" },
    { specifier: "npm:/hono@4.1.0" },
    { specifier: "npm:/@hono/node-server@2.0.0/utils" },
    { specifier: "file:///app/npm.ts" },
  ];
  assertEquals(directPackages({ modules }), ["@hono/node-server@2.0.0", "hono@4.1.0"]);
});

Deno.test("the bills of our programs are whole: every reference is a component, every hash is one", async () => {
  for (const part of PARTS) {
    const { components, dependencies, metadata } = await sbom(part);
    const known = new Set([
      metadata.component["bom-ref"],
      ...components.map((one) => one["bom-ref"]),
    ]);
    assertEquals(known.size, components.length + 1);
    for (const { ref, dependsOn } of dependencies) {
      for (const one of [ref, ...dependsOn]) assert(known.has(one), one);
    }
    for (const one of components) {
      if ("hashes" in one) assert(/^[0-9a-f]{128}$/.test(one.hashes[0]!.content), one.name);
    }
    assert(components.some(({ name }) => name === "zod"));
    // What only tests use is not shipped.
    assert(!components.some(({ name }) => ["fast-check", "playwright-core"].includes(name)));
  }
});
