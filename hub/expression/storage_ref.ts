import { isMap } from "./values.ts";

/** Key of an object that stands for data which lie in storage. */
export const STORAGE_REF = "$bubuStorageRef";

/** Key of the path inside of those data. */
export const STORAGE_PATH = "$bubuStoragePath";

/** The reference that a value is, with its path, for people; undefined for what is none. */
export function storageRef(value: unknown): string | undefined {
  const reference = referenceOf(value);
  if (reference === undefined || !isMap(value)) return undefined;
  const path = Object.hasOwn(value, STORAGE_PATH) ? value[STORAGE_PATH] : undefined;
  if (typeof path !== "string" || path.trim() === "") return reference;
  return reference + (/^[.[]/.test(path) ? path : `.${path}`);
}

/** The reference alone, as it is written in the value. */
export function referenceOf(value: unknown): string | undefined {
  if (!isMap(value) || !Object.hasOwn(value, STORAGE_REF)) return undefined;
  const reference = value[STORAGE_REF];
  return typeof reference === "string" && reference.trim() !== "" ? reference : undefined;
}
