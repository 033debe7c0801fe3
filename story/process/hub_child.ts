/** The hub as a child of the runner: `deno task hub`, which ends with its parent. */
import { whenParentIsGone } from "./parent.ts";

void whenParentIsGone(() => Deno.exit(1));
await import("../../hub/main.ts");
