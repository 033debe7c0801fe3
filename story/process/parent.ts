/**
 * Ends this process when the one that started it is gone: the pipe to its stdin closes then, however
 * it ended, kill -9 included. Signals do not tell that, and a process has no other way to know.
 *
 * @param end what to do; it may take its time
 */
export async function whenParentIsGone(end: () => void): Promise<void> {
  const buffer = new Uint8Array(64);
  try {
    while (await Deno.stdin.read(buffer) !== null);
  } catch {
    // A pipe that breaks is as closed as one that ends.
  }
  end();
}
