/**
 * Ties `dist/live.js` to the sources that it was bundled from: its first line is a hash over them.
 * Run as a program, it stamps a bundle that was just written.
 */
const BUNDLE = new URL("./dist/live.js", import.meta.url);
const ENTRY = new URL("./live.ts", import.meta.url);

/** The first line that `dist/live.js` must have: of all modules that reach the browser. */
export async function bundleStamp(): Promise<string> {
  const texts = new Map<string, string>();
  await collect(ENTRY, texts);
  const root = new URL("../../", import.meta.url).href;
  const whole = [...texts].sort(([a], [b]) => a < b ? -1 : 1)
    .map(([url, text]) => `${url.slice(root.length)}\n${text}`).join("\n");
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(whole));
  return `// bundled from sources ${new Uint8Array(hash).toHex()}`;
}

/** Follows the imports that leave something at run time; all of ours are relative. */
async function collect(url: URL, texts: Map<string, string>): Promise<void> {
  if (texts.has(url.href)) return;
  const text = await Deno.readTextFile(url);
  texts.set(url.href, text);
  for (
    const [, specifier] of text.matchAll(/^(?:import|export)\s(?!type\s)[^;]*?from "([^"]+)";/gm)
  ) {
    await collect(new URL(specifier ?? "", url), texts);
  }
}

if (import.meta.main) {
  const bundle = await Deno.readTextFile(BUNDLE);
  await Deno.writeTextFile(BUNDLE, `${await bundleStamp()}\n${bundle}`);
}
