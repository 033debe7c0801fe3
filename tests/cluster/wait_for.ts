/** What a wait may be told. All times are milliseconds. */
export interface WaitOptions {
  /** Longest wait. Generous: a loaded machine is slow, and a right answer does not wait for it. */
  readonly within?: number;
  /** Pause between two looks. */
  readonly every?: number;
  /** Ends the wait with its reason. */
  readonly signal?: AbortSignal;
  /** Adds to the error what was seen instead. */
  readonly describe?: () => string | Promise<string>;
}

/**
 * Looks again and again until `look` gives something else than undefined, null or false.
 *
 * @throws when that takes longer than `within`; the error says what was waited for.
 */
export async function waitFor<T>(
  what: string,
  look: () => T | Promise<T>,
  options: WaitOptions = {},
): Promise<NonNullable<Exclude<T, false>>> {
  const { within = 60_000, every = 25, signal, describe } = options;
  const deadline = performance.now() + within;
  while (true) {
    signal?.throwIfAborted();
    const seen = await look();
    if (seen !== undefined && seen !== null && seen !== false) {
      return seen as NonNullable<Exclude<T, false>>;
    }
    if (performance.now() > deadline) {
      const instead = await describe?.();
      throw new Error(
        `waited ${within / 1000} s for ${what}${instead === undefined ? "" : `; ${instead}`}`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, every));
  }
}
