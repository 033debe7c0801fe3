import { assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { ToolsError } from "../errors.ts";
import { digestOf, findClients } from "./clients.ts";

Deno.test("what is made of other sources has another name, whatever else is beside them", async () => {
  const folder = await Deno.makeTempDir({ prefix: "headrace-clients-" });
  try {
    const write = (name: string, text: string) => Deno.writeTextFile(`${folder}/${name}`, text);
    await Deno.mkdir(`${folder}/inner`);
    await write("main.go", "package main");
    const first = await digestOf(folder, /\.go$/);
    await write("notes.txt", "anything");
    assertEquals(await digestOf(folder, /\.go$/), first);
    await write("inner/more.go", "package inner");
    const second = await digestOf(folder, /\.go$/);
    assertNotEquals(second, first);
    await write("inner/more.go", "package other");
    assertNotEquals(await digestOf(folder, /\.go$/), second);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("clients that are not there are asked for by the command that makes them", async () => {
  const cache = await Deno.makeTempDir({ prefix: "headrace-clients-" });
  try {
    const error = await assertRejects(
      () => findClients({ cache, assets: undefined, path: [] }),
      ToolsError,
      "run `deno task clients` first",
    );
    assertEquals((error as ToolsError).code, "tools-missing");
  } finally {
    await Deno.remove(cache, { recursive: true });
  }
});
