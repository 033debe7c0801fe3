import type { Condition } from "./condition.ts";
import type { Phase } from "../../contracts/phase.ts";

const FAILED = new Set(["InstallFailed", "UpgradeFailed", "RetriesExhausted"]);

/** The original's table to the letter: nothing but the Ready condition counts. */
export function seedStatus(ready: Condition | undefined): Phase {
  switch (ready?.status) {
    case undefined:
      return "pending";
    case "True":
      return "succeeded";
    case "Unknown":
      return "running";
    case "False":
      return FAILED.has(ready.reason) ? "failed" : "running";
  }
}
