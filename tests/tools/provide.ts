import { build } from "./build.ts";
import { fetchCrds } from "./crds.ts";
import type { ToolsEnvironment } from "./environment.ts";
import { withLock } from "./lock.ts";
import type { Reporter } from "./reporter.ts";
import { crdFolder, exists, locate, type PinnedTool, pinnedTools } from "./tools.ts";

/**
 * Sees to it that the named tools and the CRDs are there: reports those that are, makes the others.
 * Safe beside another run with the same cache; a second run makes nothing.
 *
 * @throws {ToolsError} when a tool can neither be found nor built.
 */
export async function provide(
  names: readonly string[],
  environment: ToolsEnvironment,
  reporter: Reporter,
  signal: AbortSignal,
): Promise<void> {
  const missing: PinnedTool[] = [];
  for (const pinned of await pinnedTools(environment)) {
    const { name } = pinned.tool;
    if (!names.includes(name)) continue;
    const located = await locate(pinned, environment);
    if (located.found) {
      reporter.line(`${name}: ${located.says} from ${located.origin}, ${located.path}`);
    } else {
      for (const reason of located.reasons) reporter.line(`${name}: ${reason}`);
      missing.push(pinned);
    }
  }
  const crds = crdFolder(environment);
  const crdsMissing = !await exists(crds);
  if (!crdsMissing) reporter.line(`CRDs of Flux and bobrapet: in ${crds}`);
  if (missing.length === 0 && !crdsMissing) return;

  await Deno.mkdir(environment.cache, { recursive: true });
  const waiting = () => reporter.line("waiting for another run to finish with this cache");
  await withLock(`${environment.cache}/.lock`, { waiting, signal }, async () => {
    // Another run may have done the work while this one waited for the lock: look again.
    if (!await exists(crds)) {
      await timed("CRDs of Flux and bobrapet", reporter, async () => {
        await fetchCrds(crds, signal);
        return `fetched to ${crds}`;
      });
    }
    for (const pinned of missing) {
      const { tool, version, cached } = pinned;
      if (await exists(cached)) continue;
      await timed(`${tool.name} ${version}`, reporter, async (onStatus) => {
        await build(pinned, { onStatus, signal });
        return `built, ${cached}`;
      });
    }
  });
}

/** Does one piece of work and reports it with the seconds that it took. */
async function timed(
  subject: string,
  reporter: Reporter,
  work: (onStatus: (text: string) => void) => Promise<string>,
): Promise<void> {
  const start = performance.now();
  const seconds = () => `${((performance.now() - start) / 1000).toFixed(0)} s`;
  const done = await work((text) => reporter.status(`${subject}: ${text}, ${seconds()}`));
  reporter.line(`${subject}: ${done} (${seconds()})`);
}
