import { setImmediate } from "node:timers/promises";

/** Waits until everything that needs no timer and no network has run its course. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 4; turn++) await setImmediate();
}
