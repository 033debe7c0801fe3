import { type Clock, sleep } from "../contracts/clock.ts";
import type { Logger } from "../contracts/logger.ts";
import { type OperatorSettings, SettingsError } from "./settings.ts";

export interface SettingsWatchOptions {
  /** Reads all settings anew: the ConfigMap may have changed. */
  readonly read: (signal: AbortSignal) => Promise<OperatorSettings>;
  readonly onChange: (settings: OperatorSettings) => void;
  readonly log: Logger;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Between two looks at the ConfigMap. */
const EVERY_MS = 30_000;

/**
 * Looks for changed settings until the signal aborts. What is wrong is said once and changes
 * nothing: a typo in a ConfigMap must not take a running operator down.
 */
export async function watchSettings(
  initial: OperatorSettings,
  { read, onChange, log, clock, signal }: SettingsWatchOptions,
): Promise<void> {
  let known = JSON.stringify(initial);
  let trouble: string | undefined;
  for (;;) {
    await sleep(clock, EVERY_MS, signal);
    if (signal.aborted) return;
    try {
      const settings = await read(signal);
      trouble = undefined;
      const next = JSON.stringify(settings);
      if (next === known) continue;
      known = next;
      onChange(settings);
    } catch (error) {
      if (signal.aborted) return;
      const err = error instanceof Error ? error.message : String(error);
      if (err === trouble) continue;
      trouble = err;
      const what = error instanceof SettingsError ? "are wrong" : "cannot be read";
      log("WARN", `settings ${what}, keeping the old`, { err });
    }
  }
}
