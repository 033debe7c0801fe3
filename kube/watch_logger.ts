import type { Logger } from "../contracts/logger.ts";
import type { ReflectorState } from "./reflector.ts";

/** Says what is wrong with the watch of a kind once, and when it is over. */
export function watchLogger(log: Logger): (kind: string, state: ReflectorState) => void {
  const said = new Map<string, string>();
  return (kind, { error }) => {
    if (error === undefined) {
      if (said.delete(kind)) log("INFO", "watch recovered", { kind });
    } else if (said.get(kind) !== error.code) {
      said.set(kind, error.code);
      log("WARN", "watch failing, will retry", { kind, code: error.code, err: error.message });
    }
  };
}
