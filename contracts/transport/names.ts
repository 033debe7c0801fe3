/** Names that resources, pods and streams carry; the original's, to the letter. */

/** Wire protocol that hub, connectors and SDK must agree on exactly. */
export const PROTOCOL_VERSION = "1.0.0";

export const ANNOTATIONS = {
  /** On a Story: the transport implementation; absent means `grpc`. */
  transport: "bobravoz.bubustack.io/transport",
  ready: "transport.bobravoz.bubustack.io/ready",
  message: "transport.bobravoz.bubustack.io/message",
  connectorInjected: "transport.bobravoz.bubustack.io/connector-injected",
  /** On a pod: the JSON envelope. On an Engram: the envelope, or `namespace/name`. */
  binding: "transport.bubustack.io/binding",
  routingMode: "transport.bubustack.io/routing-mode",
  downstreamSteps: "transport.bubustack.io/downstream-steps",
  story: "bubustack.io/story",
  storyRun: "bubustack.io/storyrun",
  step: "bubustack.io/step",
  connectorGeneration: "bubustack.io/connector-generation",
  upstreamStep: "bubustack.io/upstream-step",
  inputsResolved: "bubustack.io/inputs-resolved",
  materializePurpose: "bubustack.io/materialize-purpose",
  materializeTarget: "bubustack.io/materialize-target-step",
  materializeMode: "bubustack.io/materialize-mode",
} as const;

export const LABELS = {
  connector: "transport.bobravoz.bubustack.io/connector",
  story: "bubustack.io/story",
  storyRun: "bubustack.io/storyrun",
  step: "bubustack.io/step",
  engram: "bubustack.io/engram",
  stepRun: "bubustack.io/steprun",
  parentStoryRun: "bubustack.io/parent-storyrun",
  parentStep: "bubustack.io/parent-step",
  hybrid: "bubustack.io/hybrid",
  storyName: "bubustack.io/story-name",
  materialize: "bubustack.io/materialize",
} as const;

export const FINALIZER = "transport.bobravoz.bubustack.io/finalizer";

/** gRPC metadata of a stream; identity is the sending step's. */
export const HEADERS = {
  storyRunName: "storyrun-name",
  storyRunNamespace: "storyrun-namespace",
  currentStepId: "current-step-id",
  connectorGeneration: "connector-generation",
  protocol: "bubu-transport-protocol",
  startupCapabilities: "startup.capabilities",
  binding: "bubu.transport.binding",
} as const;

/** Keys of `DataPacket.metadata` that mean something to hub or SDK. */
export const METADATA = {
  storyRunName: "storyrun-name",
  storyRunNamespace: "storyrun-namespace",
  currentStepId: "current-step-id",
  heartbeat: "bubu-heartbeat",
  joinKey: "bubu.join.key",
  envelopeKind: "bubu.envelope.kind",
  messageId: "bubu.envelope.message_id",
  timestampMs: "bubu.envelope.timestamp_ms",
  materializeNextStep: "materialize-next-step",
} as const;

/** Where a packet may say who took part, most telling first. */
export const PARTICIPANT_KEYS = ["participant", "participant.id"] as const;

/** Where a packet may name its partition, most telling first. */
export const PARTITION_KEYS = [
  "partition_key",
  "partition-key",
  "bubu.partition_key",
  "bubu.partition",
] as const;

/** `custom_action` of the SDK's receipt, sent after an engram called `Done()`. */
export const RECEIPT_ACTION = "downstream.delivered";
