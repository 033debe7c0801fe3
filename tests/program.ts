const encoder = new TextEncoder();

/** Writes the whole text; a pipe may take it in parts. */
export function write(to: { writeSync(bytes: Uint8Array): number }, text: string): void {
  for (let bytes = encoder.encode(text); bytes.length > 0;) {
    bytes = bytes.subarray(to.writeSync(bytes));
  }
}

/**
 * Runs `main` until it ends or is told to. An error that `isExpected` is for the user: its message is
 * printed; any other is a bug and thrown.
 *
 * @returns the exit status: 1 for what could not be done, 2 for a call that makes no sense (code
 *   `usage`), 128 + number of the signal
 */
export async function runAsProgram<Expected extends Error & { code: string }>(
  main: (args: readonly string[], signal: AbortSignal) => Promise<void>,
  isExpected: (error: unknown) => error is Expected,
): Promise<number> {
  const interrupt = new AbortController();
  let signalled = 0;
  for (const [name, number] of [["SIGINT", 2], ["SIGTERM", 15]] as const) {
    Deno.addSignalListener(name, () => {
      signalled = 128 + number;
      interrupt.abort();
    });
  }
  try {
    await main(Deno.args, interrupt.signal);
    return 0;
  } catch (error) {
    if (signalled > 0) return signalled;
    if (!isExpected(error)) throw error;
    write(Deno.stderr, `error: ${error.message}\n`);
    return error.code === "usage" ? 2 : 1;
  }
}
