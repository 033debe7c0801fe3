import { type GoMapLike, GoSlice, isMap, lookUp, mapOf, sortedKeys, typeName } from "../values.ts";
import { fail, fn } from "./define.ts";
import { text } from "./strings.ts";

/**
 * sprig's functions of maps. Go hands out keys and values in no order; here it is that of the sorted
 * keys, so that an expression has one answer.
 */
export const MAPS = {
  dict: fn("...any", (_, ...pairs) => {
    const entries: [string, unknown][] = [];
    for (let index = 0; index < pairs.length; index += 2) {
      entries.push([text(pairs[index]), index + 1 < pairs.length ? pairs[index + 1] : ""]);
    }
    return mapOf(entries);
  }),
  get: fn("map, string", (_, map: GoMapLike, key: string) => lookUp(map, key, "")),
  hasKey: fn("map, string", (_, map: GoMapLike, key: string) => Object.hasOwn(map, key)),
  pluck: fn("string, ...map", (_, key: string, ...maps: GoMapLike[]) => {
    return maps.filter((map) => Object.hasOwn(map, key)).map((map) => lookUp(map, key));
  }),
  keys: fn("...map", (_, ...maps: GoMapLike[]) => {
    return new GoSlice("[]string", maps.flatMap(sortedKeys));
  }),
  values: fn("map", (_, map: GoMapLike) => sortedKeys(map).map((key) => lookUp(map, key))),
  pick: fn("map, ...string", (_, map: GoMapLike, ...keys: string[]) => {
    return mapOf(Object.entries(map).filter(([key]) => keys.includes(key)));
  }),
  omit: fn("map, ...string", (_, map: GoMapLike, ...keys: string[]) => {
    return mapOf(Object.entries(map).filter(([key]) => !keys.includes(key)));
  }),
  dig: fn("...any", (_, ...args) => dig(args)),
};

function dig(args: readonly unknown[]): unknown {
  if (args.length < 3) throw fail("dig needs at least three arguments");
  let map = toMap(args.at(-1));
  const keys = args.slice(0, -2);
  for (const [index, key] of keys.entries()) {
    if (typeof key !== "string") {
      throw fail(`interface conversion: interface {} is ${described(key)}, not string`);
    }
    if (!Object.hasOwn(map, key)) return args.at(-2);
    const value = lookUp(map, key);
    if (index === keys.length - 1) return value;
    map = toMap(value);
  }
  return map;
}

function toMap(value: unknown): GoMapLike {
  if (isMap(value)) return value;
  throw fail(
    `interface conversion: interface {} is ${described(value)}, not map[string]interface {}`,
  );
}

function described(value: unknown): string {
  return value === null || value === undefined ? "nil" : typeName(value);
}
