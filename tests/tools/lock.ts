/**
 * Runs `work` while this process holds the lock file at `path`, which is made when missing.
 *
 * The lock is the kernel's (flock), so it goes with the process: a killed run leaves nothing that
 * the next one would wait for.
 *
 * @param waiting Called once when another process holds the lock.
 */
export async function withLock<T>(
  path: string,
  waiting: () => void,
  work: () => Promise<T>,
): Promise<T> {
  using file = await Deno.open(path, { create: true, write: true });
  if (!await file.tryLock(true)) {
    waiting();
    await file.lock(true);
  }
  try {
    return await work();
  } finally {
    await file.unlock();
  }
}
