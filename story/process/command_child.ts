/**
 * An engram's command as a child of the runner. The program knows nothing of us, so that this stands
 * between: it passes signals and the exit code on, and ends the program when the runner is gone.
 */
import { whenParentIsGone } from "./parent.ts";

/** Time to end by itself, in milliseconds. */
const GRACE_MS = 3_000;

const [program = "", ...args] = Deno.args;
const child = new Deno.Command(program, {
  args,
  stdin: "null",
  stdout: "inherit",
  stderr: "inherit",
}).spawn();
const end = () => {
  signal("SIGTERM");
  setTimeout(() => signal("SIGKILL"), GRACE_MS);
};
for (const name of ["SIGTERM", "SIGINT"] as const) Deno.addSignalListener(name, end);
void whenParentIsGone(end);
const { code } = await child.status;
Deno.exit(code);

function signal(name: Deno.Signal): void {
  try {
    child.kill(name);
  } catch (error) {
    // It has ended by itself.
    if (!(error instanceof TypeError)) throw error;
  }
}
