/** How far a `go build -v` has come, read from its standard error line by line. */
export interface BuildProgress {
  /** Modules that had to be fetched. */
  readonly downloaded: number;
  /** Packages whose compilation has begun. */
  readonly compiled: number;
  /** What is neither: the compiler's or the loader's complaints, oldest first. */
  readonly complaints: readonly string[];
}

export const NOTHING_BUILT: BuildProgress = { downloaded: 0, compiled: 0, complaints: [] };

/** Enough to see the cause of a failed build without flooding the terminal. */
const COMPLAINTS_KEPT = 30;

const IMPORT_PATH = /^[\w.~-]+(?:\/[\w.~+-]+)*$/;

/** Folds one line of `go build -v` into the progress. */
export function foldLine(progress: BuildProgress, line: string): BuildProgress {
  if (line.startsWith("go: downloading ")) {
    return { ...progress, downloaded: progress.downloaded + 1 };
  }
  if (IMPORT_PATH.test(line)) return { ...progress, compiled: progress.compiled + 1 };
  if (line.trim() === "") return progress;
  return { ...progress, complaints: [...progress.complaints, line].slice(-COMPLAINTS_KEPT) };
}

/** The progress in a few words; `stale` is the number of packages that need compiling. */
export function describe(progress: BuildProgress, stale: number | undefined): string {
  const { downloaded, compiled } = progress;
  if (compiled === 0) {
    return downloaded === 0 ? "reading modules" : `downloading modules (${downloaded})`;
  }
  if (stale === undefined) return `compiling (${compiled} packages)`;
  return compiled < stale ? `compiling ${compiled}/${stale} packages` : "linking";
}
