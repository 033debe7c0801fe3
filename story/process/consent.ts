/** What of `Deno.permissions` is needed. */
export interface Permissions {
  query(descriptor: Deno.RunPermissionDescriptor): Promise<{ readonly state: string }>;
  request(descriptor: Deno.RunPermissionDescriptor): Promise<{ readonly state: string }>;
}

/**
 * The programs that nobody has allowed to run. A story comes from somewhere, and a command in it runs
 * with all that its user may do: so it takes Deno's `--allow-run`, the user's word at the terminal, or
 * `--allow`.
 *
 * @param allowed what `--allow` names
 */
export async function notAllowed(
  programs: Iterable<string>,
  allowed: ReadonlySet<string>,
  permissions: Permissions,
): Promise<string[]> {
  const denied: string[] = [];
  for (const command of new Set(programs)) {
    if (allowed.has(command)) continue;
    const descriptor = { name: "run", command } as const;
    const { state } = await permissions.query(descriptor);
    if (state === "granted") continue;
    // Asks at a terminal, and denies by itself anywhere else.
    const { state: answer } = await permissions.request(descriptor);
    if (answer !== "granted") denied.push(command);
  }
  return denied;
}
