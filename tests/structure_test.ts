import { assertEquals } from "@std/assert";

const ROOT = new URL("../", import.meta.url);

/** What each part may import of the others (beside itself); demo, story and tests put them together. */
const MAY_IMPORT: Record<string, string[]> = {
  contracts: [],
  client: ["contracts"],
  kube: ["contracts"],
  server: ["contracts"],
  "server/ui": ["contracts", "client"],
  adapter: ["contracts", "client", "kube"],
  hub: ["contracts", "hub/kube"],
  "hub/kube": ["contracts", "kube", "hub"],
  "hub/connector": ["contracts", "kube", "hub"],
  operator: ["contracts", "client", "kube"],
};

async function* sources(folder: string): AsyncGenerator<string> {
  for await (const entry of Deno.readDir(new URL(`${folder}/`, ROOT))) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) yield* sources(path);
    else if (/\.tsx?$/.test(path) && !path.includes("/dist/")) yield path;
  }
}

/** The part that a file belongs to: the longest name above that its path begins with. */
function partOf(path: string): string | undefined {
  return Object.keys(MAY_IMPORT)
    .filter((part) => path.startsWith(`${part}/`))
    .sort((a, b) => b.length - a.length)[0];
}

Deno.test("imports run one way: no part imports a part that it must not know", async () => {
  const wrong: string[] = [];
  for (const part of Object.keys(MAY_IMPORT).filter((part) => !part.includes("/"))) {
    for await (const path of sources(part)) {
      const text = await Deno.readTextFile(new URL(path, ROOT));
      for (const [, specifier] of text.matchAll(/(?:from|import)\s*\(?\s*"(\.[^"]+)"/g)) {
        const target = new URL(specifier!, new URL(path, ROOT)).pathname.slice(
          ROOT.pathname.length,
        );
        const from = partOf(path)!;
        const to = partOf(target) ?? target.split("/")[0]!;
        // The server embeds its page; everything else of the page stays the page's own.
        const page = from === "server" && target === "server/ui/assets.ts";
        if (to !== from && !page && !MAY_IMPORT[from]!.includes(to)) {
          wrong.push(`${path} imports ${target}`);
        }
      }
    }
  }
  assertEquals(wrong, []);
});
