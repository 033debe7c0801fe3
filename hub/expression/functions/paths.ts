import { fn } from "./define.ts";

const base = fn("string", (_, path: string) => baseOf(path));
const dir = fn("string", (_, path: string) => clean(path.slice(0, path.lastIndexOf("/") + 1)));
const cleaned = fn("string", (_, path: string) => clean(path));
const ext = fn("string", (_, path: string) => /\.[^./]*$/.exec(path)?.[0] ?? "");
const isAbs = fn("string", (_, path: string) => path.startsWith("/"));

/** sprig's functions of slash-separated paths; the `os` ones are those of Linux. */
export const PATHS = {
  base,
  dir,
  clean: cleaned,
  ext,
  isAbs,
  osBase: base,
  osDir: dir,
  osClean: cleaned,
  osExt: ext,
  osIsAbs: isAbs,
};

function baseOf(path: string): string {
  if (path === "") return ".";
  const trimmed = path.replace(/\/+$/, "");
  return trimmed === "" ? "/" : trimmed.slice(trimmed.lastIndexOf("/") + 1);
}

/** `path.Clean`: the shortest path to the same place, by words alone. */
function clean(path: string): string {
  const rooted = path.startsWith("/");
  const kept: string[] = [];
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    if (part !== "..") kept.push(part);
    else if (kept.length > 0 && kept.at(-1) !== "..") kept.pop();
    else if (!rooted) kept.push(part);
  }
  const joined = kept.join("/");
  return rooted ? `/${joined}` : joined === "" ? "." : joined;
}
