import { BUILTINS } from "./builtins.ts";
import { CASING } from "./casing.ts";
import { DATES, NOW } from "./dates.ts";
import { DEFAULTS } from "./defaults.ts";
import type { Fn } from "./define.ts";
import { ENCODING } from "./encoding.ts";
import { HELPERS } from "./helpers.ts";
import { JSON_FUNCTIONS } from "./json.ts";
import { LISTS } from "./lists.ts";
import { MAPS } from "./maps.ts";
import { NUMBERS } from "./numbers.ts";
import { PATHS } from "./paths.ts";
import { RANDOM } from "./random.ts";
import { SEMVER } from "./semver.ts";
import { STRINGS } from "./strings.ts";

const SAFE: Readonly<Record<string, Fn>> = {
  ...BUILTINS,
  ...STRINGS,
  ...CASING,
  ...NUMBERS,
  ...LISTS,
  ...MAPS,
  ...JSON_FUNCTIONS,
  ...DEFAULTS,
  ...DATES,
  ...ENCODING,
  ...PATHS,
  ...SEMVER,
  ...HELPERS,
};

/** What may be called where an expression has to give the same answer twice. */
export const DETERMINISTIC: ReadonlyMap<string, Fn> = new Map(Object.entries(SAFE));

/** What may be called for a packet: also the time, and chance. */
export const RUNTIME: ReadonlyMap<string, Fn> = new Map(
  Object.entries({ ...SAFE, ...NOW, ...RANDOM }),
);
