/** A release number as SemVer 2.0.0 orders it; build metadata has no rank (§10) and is left out. */
export interface Version {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
  /** `-rc.1` and the like, "" for a release: it ranks below the release of its numbers (§11.3). */
  readonly prerelease: string;
}

const VERSION = /(?:^|[^\w.])v?(\d+)\.(\d+)\.(\d+)(-[0-9A-Za-z.-]+)?/;

/**
 * The first version in what a tool prints about itself (`Kubernetes v1.36.3`, `etcd Version: 3.6.16`,
 * `v4.3.1+g1234`), or undefined when there is none.
 */
export function parseVersion(text: string): Version | undefined {
  const match = VERSION.exec(text);
  if (match === null) return undefined;
  const [, major, minor, patch, prerelease = ""] = match;
  return { major: Number(major), minor: Number(minor), patch: Number(patch), prerelease };
}

/** Whether `version` is the release `oldest` (`1.36.0`) or a later one; prereleases have one rank. */
export function isAtLeast(version: Version, oldest: string): boolean {
  const bound = parseVersion(oldest);
  if (bound === undefined) throw new TypeError(`not a version: ${oldest}`);
  const difference = version.major - bound.major || version.minor - bound.minor ||
    version.patch - bound.patch;
  return difference > 0 ||
    (difference === 0 && (version.prerelease === "" || bound.prerelease !== ""));
}

/** The version as its makers tag it: `v1.36.3`. */
export function formatVersion({ major, minor, patch, prerelease }: Version): string {
  return `v${major}.${minor}.${patch}${prerelease}`;
}
