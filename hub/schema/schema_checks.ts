import { Ajv, type ErrorObject, type ValidateFunction } from "ajv";
import type { JsonObject } from "../../contracts/transport/packet.ts";
import { prepareSchema, REFERENCE_ID, REFERENCE_SCHEMA } from "./prepare_schema.ts";
import { withDefaults } from "./schema_defaults.ts";

/** Data are not what their engram's template says; the message names the places. */
export class SchemaError extends Error {
  override readonly name = "SchemaError";
  readonly code = "schema";
}

/** Compiled schemas that are kept; a cluster has a few dozen templates. */
const MAX_COMPILED = 256;
const MAX_FAULTS = 5;

/** Holds data to the JSON Schemas of templates; each schema is compiled once. */
export class SchemaChecks {
  readonly #compiled = new Map<string, ValidateFunction | SchemaError>();
  /** The same by the objects that they were read from, which a plan keeps as long as it lives. */
  readonly #known = new WeakMap<object, ValidateFunction | SchemaError>();

  /**
   * @param what the data and whose they are, for the message
   * @throws {SchemaError} also when the schema itself cannot be used
   */
  check(schema: unknown, value: JsonObject, what: string): void {
    const validate = this.#validator(schema);
    if (validate instanceof SchemaError) {
      throw new SchemaError(`${what}: ${validate.message}`, { cause: validate });
    }
    if (validate(value)) return;
    throw new SchemaError(`${what} failed schema validation: ${faults(validate.errors ?? [])}`);
  }

  /**
   * Data with the schema's defaults, held to it.
   *
   * @throws {SchemaError}
   */
  complete(schema: unknown, value: JsonObject, what: string): JsonObject {
    const complete = withDefaults(schema, value);
    this.check(schema, complete, what);
    return complete;
  }

  #validator(schema: unknown): ValidateFunction | SchemaError {
    if (typeof schema !== "object" || schema === null) return this.#compile(schema);
    let known = this.#known.get(schema);
    if (known === undefined) this.#known.set(schema, known = this.#compile(schema));
    return known;
  }

  #compile(schema: unknown): ValidateFunction | SchemaError {
    const text = JSON.stringify(schema);
    let compiled = this.#compiled.get(text);
    if (compiled !== undefined) return compiled;
    try {
      // One validator each: schemas of two templates may have the same $id.
      const ajv = new Ajv({ strict: false, validateFormats: false, logger: false });
      compiled = ajv.addSchema(REFERENCE_SCHEMA).compile(prepareSchema(schema));
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      compiled = new SchemaError(`the template's schema cannot be used: ${why}`, { cause });
    }
    for (const oldest of this.#compiled.keys()) {
      if (this.#compiled.size < MAX_COMPILED) break;
      this.#compiled.delete(oldest);
    }
    this.#compiled.set(text, compiled);
    return compiled;
  }
}

/** The places that are wrong; that a reference would have done as well is not worth a word. */
function faults(errors: readonly ErrorObject[]): string {
  const own = errors.filter(({ schemaPath, keyword }) =>
    !schemaPath.startsWith(REFERENCE_ID) && keyword !== "anyOf"
  );
  return (own.length > 0 ? own : errors)
    .slice(0, MAX_FAULTS)
    .map(({ instancePath, message }) => `${instancePath || "/"} ${message}`)
    .join("; ");
}
