import { assert, assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { ContractError } from "../../contracts/contract_error.ts";
import { blobName, type BlobStore } from "./blob_store.ts";
import { FileStore } from "./file_store.ts";
import { MemoryStore } from "./testing/memory_store.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (found: Uint8Array | undefined) => found && new TextDecoder().decode(found);

/** What a folder and its double in memory have in common. */
async function keeps(store: BlobStore) {
  const name = blobName("streams", "demo", "run-1", "a", "replay");
  assertEquals(await store.read(name), undefined);
  await store.remove(name);
  await store.write(name, bytes("one"));
  await store.write(name, bytes("two"));
  await store.write("streams/demo/run-2/b/replay", bytes(""));
  assertEquals(text(await store.read(name)), "two");
  assertEquals(await store.list("streams"), [name, "streams/demo/run-2/b/replay"]);
  assertEquals(await store.list("streams/demo/run-2"), ["streams/demo/run-2/b/replay"]);
  assertEquals(await store.list("nowhere"), []);
  await store.remove(name);
  assertEquals(await store.read(name), undefined);
  assertEquals(await store.list("streams"), ["streams/demo/run-2/b/replay"]);
}

async function namesIn(path: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(path))).map(({ name }) => name);
}

async function folder(work: (path: string) => Promise<void>) {
  const path = await Deno.makeTempDir({ prefix: "headrace-store-" });
  try {
    await work(path);
  } finally {
    await Deno.remove(path, { recursive: true });
  }
}

Deno.test("memory and folder keep bytes by name in the same way", async () => {
  await keeps(new MemoryStore());
  await folder(async (path) => {
    await keeps(await FileStore.open(path));
    // Nothing is left of what was removed.
    assertEquals(await namesIn(`${path}/streams/demo`), ["run-2"]);
  });
});

Deno.test("what a crash left unfinished is never read, and swept away at the start", async () => {
  await folder(async (path) => {
    await Deno.mkdir(`${path}/streams/demo`, { recursive: true });
    await Deno.writeTextFile(`${path}/streams/demo/replay.3.part`, "half");
    const store = await FileStore.open(path);
    assertEquals(await store.list("streams"), []);
    assertEquals(await namesIn(`${path}/streams/demo`), []);
  });
});

Deno.test("readers see the old bytes or the new ones while they are written, never a part", async () => {
  await folder(async (path) => {
    const store = await FileStore.open(path);
    const size = 1 << 20;
    await store.write("x", new Uint8Array(size).fill(1));
    let writing = true;
    const reading = (async () => {
      while (writing) {
        const found = await store.read("x");
        assert(found?.length === size && found[0] === found[size - 1]);
      }
    })();
    for (let round = 0; round < 20; round++) {
      await store.write("x", new Uint8Array(size).fill(round % 2));
    }
    writing = false;
    await reading;
  });
});

Deno.test("a folder that cannot be written, and a name that leads out of it, are refused", async () => {
  await folder(async (path) => {
    await Deno.writeTextFile(`${path}/file`, "");
    await assertRejects(() => FileStore.open(`${path}/file`), ContractError, "cannot be written");
    const store = await FileStore.open(path);
    await assertRejects(() => store.write("../x", bytes("")), ContractError, "is no name");
  });
});

Deno.test("names of different parts differ, and none leads elsewhere", () => {
  fc.assert(fc.property(fc.string({ minLength: 1 }), fc.string({ minLength: 1 }), (a, b) => {
    fc.pre(a.isWellFormed() && b.isWellFormed());
    const name = blobName("x", a, b);
    assertEquals(name.split("/").length, 3);
    assert(!name.split("/").some((part) => part === "." || part === ".." || part === ""));
    if (a !== b) assert(name !== blobName("x", b, a));
  }));
});
