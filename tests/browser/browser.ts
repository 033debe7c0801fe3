import { type Browser, chromium } from "playwright-core";

const FLAGS = [
  "--headless",
  // Chromium refuses its sandbox to root, as which containers run tests.
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/**
 * Starts the Chromium that `CHROMIUM` names (see `chromium.sh`).
 *
 * @throws {Error} when it names none
 */
export function launchBrowser(): Promise<Browser> {
  const executablePath = Deno.env.get("CHROMIUM");
  if (!executablePath) throw new Error("CHROMIUM names no browser: run `deno task test:browser`");
  return chromium.launch({ executablePath, args: FLAGS });
}
