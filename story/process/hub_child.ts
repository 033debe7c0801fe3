/**
 * The hub as a child of the runner: `deno task hub`, which ends with its parent. It outlives a runner
 * that is killed by a moment, and so it is the one that removes the run's folder then.
 */
import { whenParentIsGone } from "./parent.ts";

void whenParentIsGone(() => {
  const stories = Deno.env.get("HUB_STORIES_FILE") ?? "";
  try {
    Deno.removeSync(stories.slice(0, stories.lastIndexOf("/")), { recursive: true });
  } catch {
    // The runner has removed it, and nobody is left who could be told of anything else.
  }
  Deno.exit(1);
});
await import("../../hub/main.ts");
