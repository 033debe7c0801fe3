import { z } from "zod";
import { ContractError } from "../contract_error.ts";
import { MESSAGE_LIMITS } from "./message_limits.ts";
import { PROTOCOL_VERSION } from "./names.ts";
import { isObject, parse } from "./parse.ts";
import type { TransportBinding } from "./resources.ts";

/** Longest value of `BUBU_TRANSPORT_BINDING`, in bytes of UTF-8. */
export const MAX_BINDING_BYTES = 1024 * 1024;

const list = (count: number, length: number) =>
  z.array(z.string().max(length, `must have at most ${length} characters`))
    .max(count, `must have at most ${count} entries`).default([]);

/**
 * `transport.v1.BindingInfo` as protojson. Strict: readers in Go refuse a field that they do not
 * know, so what we accept is what they accept. protojson omits empty fields and takes null for them.
 */
const bindingInfoSchema = z.strictObject({
  transportRef: z.string().max(128).default(""),
  driver: z.string().max(128).default(""),
  endpoint: z.string().max(MESSAGE_LIMITS.endpoint).default(""),
  audioCodecs: list(MESSAGE_LIMITS.codecs, MESSAGE_LIMITS.bindingCodec),
  videoCodecs: list(MESSAGE_LIMITS.codecs, MESSAGE_LIMITS.bindingCodec),
  payload: z.string().default(""),
  binaryTypes: list(MESSAGE_LIMITS.binaryTypes, MESSAGE_LIMITS.mimeType),
  protocolVersion: z.literal(PROTOCOL_VERSION, `must be exactly ${PROTOCOL_VERSION}`),
});

const envelopeSchema = z.looseObject({
  name: z.string().trim().min(1, "is required"),
  namespace: z.string().trim().default(""),
  binding: z.unknown().optional(),
});

/** What a connector is told about its step's transport. */
export interface BindingEnvelope {
  readonly name: string;
  readonly namespace: string;
  readonly binding: BindingInfo;
}

export interface BindingInfo {
  readonly transportRef: string;
  readonly driver: string;
  readonly endpoint: string;
  readonly audioCodecs: readonly string[];
  readonly videoCodecs: readonly string[];
  readonly binaryTypes: readonly string[];
  readonly protocolVersion: typeof PROTOCOL_VERSION;
  /** The merged settings, `rawSettings` of the binding; undefined when there are none. */
  readonly settings: unknown;
}

/**
 * Reads the value of `BUBU_TRANSPORT_BINDING`.
 *
 * @param podNamespace stands in when the envelope names no namespace
 * @throws {ContractError} saying what is wrong with the value
 */
export function readBindingEnvelope(text: string, podNamespace = ""): BindingEnvelope {
  const value = text.trim();
  if (value === "") throw new ContractError("transport binding: is empty");
  if (new TextEncoder().encode(value).length > MAX_BINDING_BYTES) {
    throw new ContractError(`transport binding: is larger than ${MAX_BINDING_BYTES} bytes`);
  }
  if (!value.startsWith("{")) {
    // The operator of the original writes the bare name when it could not read the binding.
    throw new ContractError(
      `transport binding: must be a JSON object, not ${JSON.stringify(value.slice(0, 64))}; ` +
        "was the TransportBinding there when the pod was made?",
    );
  }
  const envelope = parse(envelopeSchema, fromJson(value, "transport binding"), "transport binding");
  if (envelope.binding === undefined || envelope.binding === null) {
    throw new ContractError("transport binding: binding: is required");
  }
  const { payload, ...info } = parse(
    bindingInfoSchema,
    isObject(envelope.binding) ? withoutNulls(envelope.binding) : envelope.binding,
    "transport binding: binding",
  );
  return {
    name: envelope.name,
    namespace: envelope.namespace === "" ? podNamespace : envelope.namespace,
    binding: { ...info, settings: readPayload(payload) },
  };
}

/**
 * Writes the value of `BUBU_TRANSPORT_BINDING`; empty fields are omitted, as protojson does.
 *
 * @throws {ContractError} when it would be more than a reader takes
 */
export function writeBindingEnvelope({ name, namespace, binding }: BindingEnvelope): string {
  const { settings, ...info } = binding;
  const payload = settings === undefined
    ? ""
    : new TextEncoder().encode(JSON.stringify(settings)).toBase64();
  const text = JSON.stringify({
    name,
    ...(namespace === "" ? {} : { namespace }),
    binding: Object.fromEntries(
      Object.entries({ ...info, payload }).filter(([, value]) => value.length > 0),
    ),
  });
  readBindingEnvelope(text);
  return text;
}

/** The envelope that a binding's pod gets. */
export function envelopeOf({ metadata, spec, status }: TransportBinding): BindingEnvelope {
  return {
    name: metadata.name,
    namespace: metadata.namespace ?? "",
    binding: {
      transportRef: spec.transportRef,
      driver: spec.driver,
      endpoint: spec.connectorEndpoint || status?.endpoint || "",
      audioCodecs: spec.audio?.codecs?.map(({ name }) => name) ?? [],
      videoCodecs: spec.video?.codecs?.map(({ name }) => name) ?? [],
      binaryTypes: spec.binary?.mimeTypes ?? [],
      protocolVersion: PROTOCOL_VERSION,
      settings: spec.rawSettings ?? undefined,
    },
  };
}

/** The short form, `namespace/name`, of the gRPC header and of an Engram's annotation. */
export function bindingReference({ name, namespace }: BindingEnvelope): string {
  return namespace === "" ? name : `${namespace}/${name}`;
}

/**
 * The environment that a provider asks for in its settings (`env`), sorted by name: names that begin
 * with `BUBU_` or that the container declares already; everything else is left out.
 */
export function environmentOverrides(
  settings: unknown,
  declared: ReadonlySet<string>,
): [name: string, value: string][] {
  const env = isObject(settings) ? settings["env"] : undefined;
  if (!isObject(env)) return [];
  return Object.entries(env)
    .filter(([name]) =>
      /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && (name.startsWith("BUBU_") || declared.has(name))
    )
    .map(([name, value]): [string, string] => [name, sprint(value)])
    .sort(([a], [b]) => a < b ? -1 : a > b ? 1 : 0);
}

/** `fmt.Sprint` of a decoded JSON value. */
function sprint(value: unknown): string {
  if (value === null) return "<nil>";
  if (Array.isArray(value)) return `[${value.map(sprint).join(" ")}]`;
  if (isObject(value)) {
    const keys = Object.keys(value).sort();
    return `map[${keys.map((key) => `${key}:${sprint(value[key])}`).join(" ")}]`;
  }
  return typeof value === "number" ? formatNumber(value) : String(value);
}

/** Go's `%v` of a float64: shortest digits, an exponent from 1e21 on and below 1e-4. */
function formatNumber(value: number): string {
  if (Object.is(value, -0)) return "-0";
  const magnitude = Math.abs(value);
  if (magnitude !== 0 && (magnitude < 1e-4 || magnitude >= 1e21)) {
    return value.toExponential().replace(/e([+-])(\d)$/, "e$10$2");
  }
  return String(value);
}

function readPayload(payload: string): unknown {
  if (payload === "") return undefined;
  let bytes: Uint8Array;
  try {
    // protojson writes the standard alphabet and reads the URL-safe one too.
    bytes = Uint8Array.fromBase64(payload.replaceAll("-", "+").replaceAll("_", "/"));
  } catch (cause) {
    throw new ContractError("transport binding: binding.payload: is no base64", { cause });
  }
  if (bytes.length > MESSAGE_LIMITS.bindingPayloadBytes) {
    throw new ContractError("transport binding: binding.payload: is larger than 1 MiB");
  }
  return fromJson(new TextDecoder().decode(bytes), "transport binding: binding.payload");
}

function fromJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ContractError(`${what}: is no JSON`, { cause });
  }
}

function withoutNulls(object: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== null));
}
