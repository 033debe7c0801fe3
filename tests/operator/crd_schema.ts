import { load } from "js-yaml";
import { z } from "zod";
import { type Kind, RESOURCES } from "../../contracts/transport/resource_kinds.ts";

/** The part of JSON Schema that CRDs are written in, and zod's schemas are turned into. */
export interface Schema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly minItems?: number;
  readonly maxLength?: number;
  readonly maxItems?: number;
  readonly pattern?: string;
  readonly "x-kubernetes-preserve-unknown-fields"?: boolean;
}

interface Definition {
  readonly spec: {
    readonly scope: "Cluster" | "Namespaced";
    readonly versions: readonly {
      readonly name: string;
      readonly schema: { readonly openAPIV3Schema: Schema };
    }[];
  };
}

/** The definition of a kind, from a folder of CRD manifests. */
export async function crdSpec(folder: string, kind: Kind): Promise<Definition["spec"]> {
  const { group, resource } = RESOURCES[kind];
  const text = await Deno.readTextFile(`${folder}/${group}_${resource}.yaml`);
  return (load(text) as Definition).spec;
}

/** The schema that the API server holds objects of a kind to. */
export async function crdSchema(folder: string, kind: Kind): Promise<Schema> {
  const { group, resource, version } = RESOURCES[kind];
  const { versions } = await crdSpec(folder, kind);
  const served = versions.find(({ name }) => name === version);
  if (served === undefined) throw new Error(`${resource}.${group} has no ${version}`);
  return served.schema.openAPIV3Schema;
}

/** What a schema of ours takes. */
export function inputOf(schema: z.ZodType): Schema {
  return z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as Schema;
}

/** The part of a schema at a path such as `spec.transports[].streaming`. */
export function at(schema: Schema, path: string): Schema {
  return path.split(".").reduce<Schema>((current, step) => {
    const name = step.replace("[]", "");
    const found = current.properties?.[name];
    const part = step.endsWith("[]") ? found?.items : found;
    if (part === undefined) throw new Error(`there is no ${path}`);
    return part;
  }, schema);
}

/**
 * Where a reader would not find or not take what the API server stores: fields that are pruned,
 * other types, and values, absences and sizes that the reader refuses.
 */
export function misreadings(reader: Schema, stored: Schema, path = ""): string[] {
  if (stored["x-kubernetes-preserve-unknown-fields"]) return [];
  const where = path === "" ? "the object" : path;
  const problems: string[] = [];
  if (reader.type !== undefined && reader.type !== stored.type) {
    problems.push(`${where} is ${stored.type}, not ${reader.type}`);
  }
  const refused = (stored.enum ?? []).filter((value) => reader.enum?.includes(value) === false);
  if (refused.length > 0) problems.push(`${where} may be ${refused.join(", ")}`);
  if (reader.enum !== undefined && stored.enum === undefined) {
    problems.push(`${where} may be anything`);
  }
  problems.push(...wider(reader, stored).map((bound) => `${where} has another ${bound}`));
  for (const name of reader.required ?? []) {
    const isGiven = stored.required?.includes(name) || stored.properties?.[name]?.default;
    if (!isGiven) problems.push(`${path}.${name} may be absent`);
  }
  for (const [name, part] of Object.entries(reader.properties ?? {})) {
    const theirs = stored.properties?.[name];
    if (theirs === undefined) problems.push(`${path}.${name} is pruned`);
    else problems.push(...misreadings(part, theirs, `${path}.${name}`));
  }
  if (reader.items !== undefined && stored.items !== undefined) {
    problems.push(...misreadings(reader.items, stored.items, `${path}[]`));
  }
  return problems;
}

/** Fields of the API server's schema that a reader does not know of. */
export function unknownFields(reader: Schema, stored: Schema, path = ""): string[] {
  if (stored.items !== undefined) {
    return unknownFields(reader.items ?? {}, stored.items, `${path}[]`);
  }
  return Object.entries(stored.properties ?? {}).flatMap(([name, part]) => {
    const ours = reader.properties?.[name];
    return ours === undefined ? [`${path}.${name}`] : unknownFields(ours, part, `${path}.${name}`);
  });
}

/** Bounds by which a reader refuses what is stored. zod bounds integers to the safe ones. */
function wider(reader: Schema, stored: Schema): string[] {
  const { MIN_SAFE_INTEGER: least, MAX_SAFE_INTEGER: most } = Number;
  // A pattern that "" does not match says what minLength would.
  const isFilled = stored.pattern !== undefined && !new RegExp(stored.pattern).test("");
  const bounded = isFilled ? { minLength: 1, ...stored } : stored;
  const lower = (["minimum", "minLength", "minItems"] as const).filter((bound) =>
    (reader[bound] ?? least) > (bounded[bound] ?? least)
  );
  const upper = (["maximum", "maxLength", "maxItems"] as const).filter((bound) =>
    (reader[bound] ?? most) < (stored[bound] ?? most)
  );
  const pattern = reader.pattern !== undefined && reader.pattern !== stored.pattern;
  return [...lower, ...upper, ...(pattern ? ["pattern"] : [])];
}
