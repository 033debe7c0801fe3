import { type CommandOptions, type Finished, run } from "./command.ts";
import { ToolsError } from "./errors.ts";

/**
 * The Go release that builds the tools. Kubernetes 1.36 names it (`hack/lib/golang.sh`: at least
 * 1.26, `godebug default=go1.26`); it was not made for the changed defaults of a later one.
 */
export const GO_RELEASE = "1.26";

const INSTALL = `install Go ${GO_RELEASE} (https://go.dev/doc/install), or put ready binaries on ` +
  "PATH or under KUBEBUILDER_ASSETS";

/**
 * Reads what `go version` printed and refuses a toolchain that is not of `GO_RELEASE`.
 *
 * @throws {ToolsError} `go-version`.
 */
export function checkGoVersion(printed: string): void {
  const release = /\bgo(\d+\.\d+)/.exec(printed)?.[1];
  if (release === GO_RELEASE) return;
  const own = release === undefined ? printed.trim() || "unknown" : `go${release}`;
  throw new ToolsError(
    "go-version",
    `the Go toolchain is ${own}, but the tools are built with Go ${GO_RELEASE}: ${INSTALL}, ` +
      `or run again with GOTOOLCHAIN=go${GO_RELEASE}.0 in the environment`,
  );
}

/**
 * Runs `go` in a folder with the user's own settings (GOPROXY, GOFLAGS, caches), except two: no C
 * compiler is needed, and a `go.work` above this repository is not ours.
 *
 * @throws {ToolsError} `go-missing`, or `go-failed` with the end of what it complained about.
 */
export async function go(args: readonly string[], options: CommandOptions): Promise<Finished> {
  const env = { ...options.env, CGO_ENABLED: "0", GOWORK: "off" };
  let finished: Finished;
  try {
    finished = await run("go", args, { ...options, env });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new ToolsError("go-missing", `there is no go on PATH: ${INSTALL}`, { cause: error });
  }
  if (finished.status === 0) return finished;
  const complaint = finished.stderr.trim().split("\n").slice(-30).join("\n");
  throw new ToolsError("go-failed", `go ${args[0]} failed:\n${complaint || finished.stdout}`);
}
