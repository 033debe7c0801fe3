import type { Browser, Page } from "playwright-core";
import { launchBrowser } from "./browser.ts";
import { FLOW, rollout } from "./rollout.ts";
import { RouterProcess } from "./router_process.ts";

/** A page of a running router, and what went wrong in it. */
export interface Visit {
  readonly router: RouterProcess;
  readonly page: Page;
  /** Errors of the page's own making, breaches of its policy among them. */
  readonly errors: string[];
}

let browser: Browser;

/** Starts one browser for all tests of a file; call it at the top. */
export function shareBrowser(): void {
  Deno.test.beforeAll(async () => {
    browser = await launchBrowser();
  });
  Deno.test.afterAll(() => browser.close());
}

/** A page of the shared browser, closed at the end. */
export type OpenPage = Omit<Visit, "router"> & AsyncDisposable;

/** Opens an address, and notes what goes wrong in it. */
export async function openPage(
  address: string,
  options: Parameters<Browser["newContext"]>[0] = {},
): Promise<OpenPage> {
  const context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    ...options,
  });
  const page = await context.newPage();
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error") errors.push(message.text());
  });
  const { origin } = new URL(address);
  page.on("request", (request) => {
    const own = request.url().startsWith(`${origin}/`) || /^(data|blob):/.test(request.url());
    if (!own) errors.push(`request to ${request.url()}`);
  });
  // A breach that the console does not tell of, as one of a worker, still has its event.
  await page.addInitScript(() =>
    addEventListener("securitypolicyviolation", (event) => {
      reportError(new Error(`${event.violatedDirective} forbids ${event.blockedURI}`));
    })
  );
  await page.goto(address);
  return { page, errors, [Symbol.asyncDispose]: () => context.close() };
}

/** Opens the page that `path` names at a router that has the rollout in its middle. */
export function visit(
  name: string,
  path: string,
  body: (visit: Visit) => Promise<void>,
  options: Parameters<Browser["newContext"]>[0] = {},
): void {
  Deno.test(name, async () => {
    await using router = await RouterProcess.start();
    await router.post(FLOW, ...rollout("failure", Date.now()));
    await using opened = await openPage(new URL(path, router.url).href, options);
    await body({ router, page: opened.page, errors: opened.errors });
  });
}

export const connection = (page: Page, state: string) =>
  page.locator(`#connection[data-state=${state}]`);
