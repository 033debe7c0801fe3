/** Far more than a busy machine needs, and less than a run that hangs. */
const DEADLINE_MS = 30_000;

/**
 * Looks until the condition holds.
 *
 * @throws {Error} when it does not in half a minute
 */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS;
  while (!await condition()) {
    if (performance.now() > deadline) throw new Error(`waited in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
