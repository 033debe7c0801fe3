/** Whether objects and arrays nest deeper than `limit` in a decoded JSON value. */
export function isDeeperThan(value: unknown, limit: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  // The recursion goes no deeper than the limit, whatever the value.
  if (limit === 0) return true;
  for (const key in value) {
    if (isDeeperThan((value as Record<string, unknown>)[key], limit - 1)) return true;
  }
  return false;
}
