import { fail } from "./define.ts";
import { compareVersions, parseVersion, type Version } from "./semver_version.ts";

const NUMBER = "(?:[0-9]+|[xX*])";
const TAIL = "(?:-[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*)?(?:\\+[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*)?";
const VERSION = `v?${NUMBER}(?:\\.${NUMBER})?(?:\\.${NUMBER})?${TAIL}`;
const OPERATOR = "(?:!=|>=|=>|<=|=<|~>|=|>|<|~|\\^)?";
const ONE = `${OPERATOR}\\s*${VERSION}`;
const ALL = new RegExp(`^\\s*${ONE}\\s*(?:(?:\\s+|,\\s*)${ONE}\\s*)*$`);
const EACH = new RegExp(`(${OPERATOR})\\s*(${VERSION})`, "g");
const RANGE = new RegExp(`\\s*(${VERSION})\\s+-\\s+(${VERSION})\\s*`, "g");

interface Constraint {
  readonly operator: string;
  readonly version: Version;
  /** Which numbers were given: 0 for a wildcard, 1 the major, up to 3 for all. */
  readonly given: number;
}

/**
 * Whether a version satisfies a constraint such as `^1.2`, `>=1, <3 || 5.x` or `1.2 - 1.4`.
 *
 * @throws {ExpressionError} when one of them is malformed
 */
export function satisfies(constraint: string, version: string): boolean {
  const alternatives = constraint
    .replace(RANGE, ">= $1, <= $2 ")
    .split("||")
    .map(parseAll);
  const candidate = parseVersion(version);
  return alternatives.some((all) => all.every((one) => check(candidate, one)));
}

function parseAll(text: string): Constraint[] {
  if (!ALL.test(text)) throw fail(`improper constraint: ${text}`);
  return [...text.matchAll(EACH)].map(([, operator = "", source = ""]) =>
    parseOne(operator, source)
  );
}

function parseOne(operator: string, source: string): Constraint {
  const tail = /[-+].*$/.exec(source)?.[0] ?? "";
  const numbers = source.slice(0, source.length - tail.length).replace(/^v/, "").split(".");
  const wild = numbers.findIndex((number) => /^[xX*]$/.test(number));
  const given = wild < 0 ? numbers.length : wild;
  const filled = [0, 1, 2].map((index) => index < given ? numbers[index] : "0").join(".");
  return { operator, version: parseVersion(filled + tail), given };
}

function check(candidate: Version, { operator, version, given }: Constraint): boolean {
  const order = compareVersions(candidate, version);
  const [major, minor] = candidate.numbers;
  const [wantMajor, wantMinor] = version.numbers;
  const sameMajor = major === wantMajor;
  const sameMinor = sameMajor && minor === wantMinor;
  // A prerelease is asked for by a prerelease alone.
  const unasked = candidate.prerelease !== "" && version.prerelease === "";
  if (unasked && (operator !== "!=" || given < 3)) return false;
  switch (operator) {
    case "!=":
      if (given === 3) return order !== 0;
      // A wildcard for the major still names major 0 here.
      if (!sameMajor) return true;
      return given >= 2 && (!sameMinor || candidate.prerelease !== version.prerelease);
    case ">":
      if (given === 3) return order > 0;
      if (!sameMajor) return major > wantMajor;
      return given === 1 ? false : given === 2 ? minor > wantMinor : order > 0;
    case "<":
      return order < 0;
    case ">=":
    case "=>":
      return order >= 0;
    case "<=":
    case "=<":
      if (given === 3) return order <= 0;
      if (!sameMajor) return major < wantMajor;
      return given === 1 || minor <= wantMinor;
    case "^":
      return order >= 0 && caret(candidate, version, given);
    case "~":
    case "~>":
      return tilde(candidate, version, given, order);
    default:
      return given === 3 ? order === 0 : tilde(candidate, version, given, order);
  }
}

function tilde(candidate: Version, version: Version, given: number, order: number): boolean {
  if (order < 0) return false;
  // All zeros, given or from a wildcard, let every later version pass.
  if (given !== 1 && given !== 2 && version.numbers.every((number) => number === 0n)) return true;
  const [major, minor] = candidate.numbers;
  return major === version.numbers[0] && (given === 1 || minor === version.numbers[1]);
}

function caret(candidate: Version, version: Version, given: number): boolean {
  const [major, minor, patch] = candidate.numbers;
  const [wantMajor, wantMinor, wantPatch] = version.numbers;
  if (wantMajor > 0n || given === 1) return major === wantMajor;
  if (major > 0n) return false;
  if (wantMinor > 0n || given === 2) return minor === wantMinor;
  return minor === 0n && patch === wantPatch;
}
