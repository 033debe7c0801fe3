import { type GoMethod, GoObject, int } from "../values.ts";
import { fail } from "./define.ts";
import { compareStrings } from "../values.ts";

const PART = "[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*";
const VERSION = new RegExp(
  `^v?([0-9]+)(?:\\.([0-9]+))?(?:\\.([0-9]+))?(?:-(${PART}))?(?:\\+(${PART}))?$`,
);

/** `*semver.Version`. */
export class Version extends GoObject {
  readonly type = "*semver.Version";
  readonly kind = "ptr";

  constructor(
    readonly numbers: readonly [major: bigint, minor: bigint, patch: bigint],
    readonly prerelease: string,
    readonly metadata: string,
    readonly original: string,
  ) {
    super();
  }

  text(): string {
    const pre = this.prerelease === "" ? "" : `-${this.prerelease}`;
    return this.numbers.join(".") + pre + (this.metadata === "" ? "" : `+${this.metadata}`);
  }

  json(): string {
    return JSON.stringify(this.text());
  }

  override method(name: string): GoMethod | undefined {
    const results: Record<string, () => unknown> = {
      Major: () => int(this.numbers[0], "int64"),
      Minor: () => int(this.numbers[1], "int64"),
      Patch: () => int(this.numbers[2], "int64"),
      Prerelease: () => this.prerelease,
      Metadata: () => this.metadata,
      Original: () => this.original,
      String: () => this.text(),
    };
    const call = Object.hasOwn(results, name) ? results[name] : undefined;
    return call && { params: [], call };
  }
}

/** @throws {ExpressionError} when the text is no version */
export function parseVersion(text: string): Version {
  const match = VERSION.exec(text);
  if (match === null) throw fail("Invalid Semantic Version");
  const [, major = "0", minor = "0", patch = "0", prerelease = "", metadata = ""] = match;
  if (prerelease.split(".").some((part) => /^0\d+$/.test(part))) {
    throw fail("Version segment starts with 0");
  }
  return new Version([BigInt(major), BigInt(minor), BigInt(patch)], prerelease, metadata, text);
}

/** Order of precedence, semver.org §11; metadata does not count. */
export function compareVersions(a: Version, b: Version): number {
  for (const [index, number] of a.numbers.entries()) {
    const other = b.numbers[index] ?? 0n;
    if (number !== other) return number < other ? -1 : 1;
  }
  if (a.prerelease === b.prerelease) return 0;
  // A release comes after its prereleases.
  if (a.prerelease === "") return 1;
  if (b.prerelease === "") return -1;
  const theirs = b.prerelease.split(".");
  for (const [index, part] of a.prerelease.split(".").entries()) {
    const other = theirs[index];
    if (other === undefined) return 1;
    const order = compareParts(part, other);
    if (order !== 0) return order;
  }
  return -1;
}

function compareParts(a: string, b: string): number {
  const numeric = (part: string) => /^\d+$/.test(part);
  if (a === b) return 0;
  if (numeric(a) && numeric(b)) return BigInt(a) < BigInt(b) ? -1 : 1;
  if (numeric(a) !== numeric(b)) return numeric(a) ? -1 : 1;
  return compareStrings(a, b) < 0 ? -1 : 1;
}
