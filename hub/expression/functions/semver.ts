import { fn } from "./define.ts";
import { satisfies } from "./semver_constraint.ts";
import { parseVersion } from "./semver_version.ts";

/** sprig's semantic versions, after Masterminds/semver. */
export const SEMVER = {
  semver: fn("string", (_, version: string) => parseVersion(version)),
  semverCompare: fn("string, string", (_, constraint: string, version: string) => {
    return satisfies(constraint, version);
  }),
};
