import type { z } from "zod";
import type { KubeObject, ObjectMeta } from "./resources.ts";

/**
 * An object as it was seen. One that does not fit its schema is kept, too: it may have to be let go
 * of, and somebody should be told what is wrong with it.
 */
export type Seen<T> =
  | { readonly metadata: ObjectMeta; readonly value: T; readonly problem?: never }
  | { readonly metadata: ObjectMeta; readonly value?: never; readonly problem: string };

/** Reads objects by a schema; never throws. */
export function seenBy<S extends z.ZodType>(schema: S): (object: KubeObject) => Seen<z.output<S>> {
  return (object) => {
    const metadata = leanMeta(object.metadata);
    const result = schema.safeParse({ ...object, metadata });
    if (result.success) return { metadata, value: result.data };
    const issue = result.error.issues[0];
    return { metadata, problem: `${issue?.path.join(".") ?? ""}: ${issue?.message ?? "invalid"}` };
  };
}

/** managedFields are often the larger half of an object, and nobody here reads them. */
function leanMeta(meta: ObjectMeta & { readonly managedFields?: unknown }): ObjectMeta {
  const { managedFields: _, ...rest } = meta;
  return rest;
}
