/**
 * The `--allow-*` and `--v8-flags` flags of a task of `deno.json`, so that an artifact may do what its
 * task may, nothing more, and runs as it does.
 *
 * @throws {Error} when there is no such task
 */
export function taskFlags(config: unknown, task: string): string[] {
  const tasks = (config as { tasks?: Record<string, { command?: string }> }).tasks ?? {};
  const command = tasks[task]?.command;
  if (command === undefined) throw new Error(`deno.json has no task ${task} with a command`);
  // Quotes are the task shell's, around what it would expand; an argument list has none.
  return command.match(/--(?:allow-|v8-flags=)[^\s'"]+/g) ?? [];
}
