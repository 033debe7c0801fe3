/**
 * The CRDs that bobrapet owns, as far as the operator reads and writes them: structural, so that the
 * API server prunes and validates. Written down from their documentation, since the Go module that
 * carries the originals is not on the module proxy.
 */
import type { KubeObject } from "../cluster/kube_object.ts";

type Schema = Readonly<Record<string, unknown>>;

const string: Schema = { type: "string" };
const integer: Schema = { type: "integer" };
/** Free-form JSON. */
const json: Schema = { "x-kubernetes-preserve-unknown-fields": true };

function object(properties: Schema, required: readonly string[] = []): Schema {
  return { type: "object", properties, ...(required.length === 0 ? {} : { required }) };
}

/** `metav1.Condition` as controller-gen writes it. */
const conditions: Schema = {
  type: "array",
  "x-kubernetes-list-type": "map",
  "x-kubernetes-list-map-keys": ["type"],
  items: object({
    type: {
      ...string,
      maxLength: 316,
      pattern: "^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?" +
        "(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$",
    },
    status: { ...string, enum: ["True", "False", "Unknown"] },
    reason: {
      ...string,
      minLength: 1,
      maxLength: 1024,
      pattern: "^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$",
    },
    message: { ...string, maxLength: 32768 },
    lastTransitionTime: { ...string, format: "date-time" },
    observedGeneration: { ...integer, format: "int64", minimum: 0 },
  }, ["lastTransitionTime", "message", "reason", "status", "type"]),
};

const reference = object({ name: string, namespace: string, uid: string }, ["name"]);
const codec = object({
  name: string,
  sampleRateHz: integer,
  channels: integer,
  profile: string,
}, ["name"]);
const lane = object({
  direction: { ...string, enum: ["publish", "subscribe", "bidirectional"] },
  codecs: { type: "array", items: codec },
  mimeTypes: { type: "array", items: string },
  raw: { type: "boolean" },
});

const step = object({
  name: { ...string, maxLength: 63, pattern: "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$" },
  id: string,
  type: string,
  ref: reference,
  needs: { type: "array", items: string },
  if: string,
  transport: string,
  with: json,
  runtime: json,
  execution: json,
}, ["name"]);

/** `<plural>.<group>`, kind, scope, schema of spec and status. */
const KINDS: readonly {
  readonly group: string;
  readonly kind: string;
  readonly plural: string;
  readonly cluster?: true;
  readonly spec: Schema;
  readonly status: Schema;
}[] = [
  {
    group: "bubustack.io",
    kind: "Story",
    plural: "stories",
    spec: object({
      pattern: { ...string, enum: ["batch", "realtime"], default: "batch" },
      concurrency: json,
      policy: json,
      transports: {
        type: "array",
        items: object({
          name: string,
          transportRef: string,
          description: string,
          streaming: json,
          settings: json,
        }, ["name", "transportRef"]),
      },
      steps: { type: "array", minItems: 1, maxItems: 100, items: step },
    }, ["steps"]),
    status: object({ transports: { type: "array", items: json } }),
  },
  {
    group: "bubustack.io",
    kind: "Engram",
    plural: "engrams",
    spec: object({ templateRef: reference, mode: string, transport: json }),
    status: json,
  },
  {
    group: "catalog.bubustack.io",
    kind: "EngramTemplate",
    plural: "engramtemplates",
    cluster: true,
    spec: object({ inputSchema: json, outputSchema: json }),
    status: json,
  },
  {
    group: "runs.bubustack.io",
    kind: "StoryRun",
    plural: "storyruns",
    spec: object({ storyRef: reference, inputs: json }, ["storyRef"]),
    status: object({ phase: string, conditions }),
  },
  {
    group: "runs.bubustack.io",
    kind: "StepRun",
    plural: "stepruns",
    spec: object({ storyRunRef: reference, stepId: string, engramRef: reference, input: json }, [
      "storyRunRef",
      "stepId",
    ]),
    status: object({
      phase: string,
      handoff: object({
        strategy: string,
        phase: { ...string, enum: ["pending", "draining", "cutover", "ready", "warming"] },
        message: string,
        updatedAt: { ...string, format: "date-time" },
      }),
      output: json,
    }),
  },
  {
    group: "transport.bubustack.io",
    kind: "Transport",
    plural: "transports",
    cluster: true,
    spec: object({
      provider: { ...string, minLength: 1 },
      driver: { ...string, minLength: 1 },
      supportedAudio: { type: "array", items: codec },
      supportedVideo: { type: "array", items: codec },
      supportedBinary: { type: "array", items: string },
      streaming: json,
      defaultSettings: json,
    }, ["provider", "driver"]),
    status: json,
  },
  {
    group: "transport.bubustack.io",
    kind: "TransportBinding",
    plural: "transportbindings",
    spec: object({
      transportRef: string,
      driver: string,
      storyRunRef: reference,
      stepName: string,
      engramName: string,
      connectorEndpoint: string,
      audio: lane,
      video: lane,
      binary: lane,
      rawSettings: json,
    }, ["transportRef", "driver"]),
    status: object({
      observedGeneration: integer,
      endpoint: string,
      upstreamHost: string,
      downstreamHost: string,
      negotiatedAudio: codec,
      negotiatedVideo: codec,
      negotiatedBinary: string,
      conditions,
    }),
  },
];

/** The definitions, to be applied. */
export const BOBRAPET_CRDS: readonly KubeObject[] = KINDS.map(
  ({ group, kind, plural, cluster, spec, status }) => ({
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      names: { kind, plural, singular: kind.toLowerCase(), listKind: `${kind}List` },
      scope: cluster ? "Cluster" : "Namespaced",
      versions: [{
        name: "v1alpha1",
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: { openAPIV3Schema: object({ spec, status }) },
      }],
    },
  }),
);
