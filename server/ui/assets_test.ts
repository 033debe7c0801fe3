import { assert, assertEquals } from "@std/assert";
import { UI_ASSETS } from "./assets.ts";
import { bundleStamp } from "./bundle_stamp.ts";

const body = (name: string) => UI_ASSETS.get(name)?.body ?? "";

Deno.test("the committed bundle is made from the sources as they are", async () => {
  const [stamp] = body("live.js").split("\n", 1);
  assertEquals(stamp, await bundleStamp(), "dist/live.js is out of date: run `deno task ui`");
});

Deno.test("the page keeps to the content security policy: nothing inline, nothing from elsewhere", () => {
  const page = body("page.html");
  assert(!/<style|\sstyle=|\son\w+=|javascript:/i.test(page), "inline code or style");
  for (const [tag] of page.matchAll(/<script[^>]*>(?!<\/script>)/g)) {
    assert(false, `script with a body: ${tag}`);
  }
  const addresses = [...page.matchAll(/\s(?:src|href)="([^"]*)"/g)].map(([, address]) => address);
  assertEquals(
    addresses.filter((address) => !/^(ui\/|\?|#|data:)/.test(address ?? "")),
    [],
    "an address of another origin, or one that a path prefix breaks",
  );
  assert(!/url\(|@import/.test(body("page.css")), "the style sheet loads something");
});

Deno.test("every file that the page loads is an asset", () => {
  const loaded = [...body("page.html").matchAll(/"ui\/([^"]+)"/g)].map(([, name]) => name ?? "");
  assertEquals(loaded.sort(), ["live.js", "page.css"]);
  for (const name of loaded) assert(UI_ASSETS.has(name), name);
});

Deno.test("the page's program never makes markup out of text", () => {
  assert(!/innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(/.test(body("live.js")));
});

Deno.test("the page's program stays small", async () => {
  const packed = new Blob([body("live.js")]).stream().pipeThrough(new CompressionStream("gzip"));
  const { byteLength } = await new Response(packed).arrayBuffer();
  assert(byteLength < 60_000, "the schema library or another big one has slipped in");
});

Deno.test("every template and part that the program asks for stands in the page", async () => {
  const page = body("page.html");
  const sources = new URL("./dom/", import.meta.url);
  for await (const { name } of Deno.readDir(sources)) {
    const text = await Deno.readTextFile(new URL(name, sources));
    for (const [, id] of text.matchAll(/clone(?:All)?(?:<\w+>)?\("([^"]+)"\)/g)) {
      assert(page.includes(`<template id="${id}"`), `${name}: template ${id}`);
    }
    for (const [, id] of text.matchAll(/part(?:<\w+>)?\([^()]+, "([^"]+)"\)/g)) {
      assert(page.includes(`data-part="${id}"`), `${name}: part ${id}`);
    }
  }
});
