/** Pause between two looks at a lock that another process holds, in milliseconds. */
const POLL = 200;

/**
 * Runs `work` while this process holds the lock file at `path`, which is made when missing.
 *
 * The lock is the kernel's (flock), so it goes with the process: a killed run leaves nothing that
 * the next one would wait for. It is polled, because a wait inside the kernel cannot be ended.
 *
 * @param waiting Called once when another process holds the lock.
 * @throws the reason of `signal` when it is aborted during the wait.
 */
export async function withLock<T>(
  path: string,
  { waiting, signal }: { waiting: () => void; signal: AbortSignal },
  work: () => Promise<T>,
): Promise<T> {
  using file = await Deno.open(path, { create: true, write: true });
  let told = false;
  while (!await file.tryLock(true)) {
    if (!told) waiting();
    told = true;
    await new Promise((resolve) => setTimeout(resolve, POLL));
    signal.throwIfAborted();
  }
  try {
    return await work();
  } finally {
    await file.unlock();
  }
}
