/** Whether two JSON values are equal; the order of an object's fields does not count. */
export function deepEqual(a: unknown, b: unknown): boolean {
  return differingPaths(a, b, "").length === 0;
}

/** Paths (`.spec.values.hold`) at which two JSON values differ, each as high up as possible. */
export function differingPaths(a: unknown, b: unknown, path: string): string[] {
  if (Object.is(a, b)) return [];
  if (!isObject(a) || !isObject(b) || Array.isArray(a) !== Array.isArray(b)) return [path];
  if (Array.isArray(a) && Array.isArray(b) && a.length !== b.length) return [path];
  const fields = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...fields].flatMap((field) => differingPaths(a[field], b[field], `${path}.${field}`));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
