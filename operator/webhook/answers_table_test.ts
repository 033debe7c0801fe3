/**
 * How the webhook answers, row by row of the specification's algorithm: what is left alone, what gets
 * a connector, what is refused and in which words, and what cannot be answered.
 */
import { assertEquals } from "@std/assert";
import { writeBindingEnvelope } from "../../contracts/transport/binding_envelope.ts";
import { ANNOTATIONS, LABELS, PROTOCOL_VERSION } from "../../contracts/transport/names.ts";
import { engramSchema, transportBindingSchema } from "../../contracts/transport/resources.ts";
import { KubeError } from "../../kube/errors.ts";
import { binding } from "../transport/testing/objects.ts";
import { type AdmissionRequest, admitPod, type Lookup } from "./admission.ts";
import type { Pod } from "./pod.ts";
import { engramPod } from "./testing/pods.ts";

const NAME = "run-1-step-a-transport";
const ENVELOPE = writeBindingEnvelope({
  name: NAME,
  namespace: "demo",
  binding: {
    transportRef: "plain",
    driver: "grpc",
    endpoint: "",
    audioCodecs: [],
    videoCodecs: [],
    binaryTypes: [],
    protocolVersion: PROTOCOL_VERSION,
    settings: undefined,
  },
});

interface Row {
  readonly when: string;
  readonly request?: Partial<AdmissionRequest>;
  readonly pod?: Pod;
  /** Annotation of the Engram. */
  readonly engram?: string;
  readonly image?: string;
  /** `unchanged`, `injected`, `refused: …` or `error: …`. */
  readonly answer: string;
}

const annotated = (value: string) => engramPod({ annotations: { [ANNOTATIONS.binding]: value } });

const ROWS: readonly Row[] = [
  {
    when: "an update",
    pod: annotated(ENVELOPE),
    request: { operation: "UPDATE" },
    answer: "unchanged",
  },
  {
    when: "a Deployment",
    pod: annotated(ENVELOPE),
    request: { kind: { group: "apps", kind: "Deployment" } },
    answer: "unchanged",
  },
  { when: "no connector image is set", pod: annotated(ENVELOPE), image: "", answer: "unchanged" },
  {
    when: "the pod was injected before",
    pod: engramPod({
      annotations: { [ANNOTATIONS.connectorInjected]: "true", [ANNOTATIONS.binding]: ENVELOPE },
    }),
    answer: "unchanged",
  },
  {
    when: "the pod is no engram's",
    pod: engramPod({ labels: { app: "web" }, annotations: { [ANNOTATIONS.binding]: ENVELOPE } }),
    answer: "unchanged",
  },
  {
    when: "the pod has no containers",
    pod: engramPod({ containers: [], annotations: { [ANNOTATIONS.binding]: ENVELOPE } }),
    answer: "unchanged",
  },
  { when: "neither pod nor Engram names a binding", answer: "unchanged" },
  { when: "the pod has the binding as JSON", pod: annotated(ENVELOPE), answer: "injected" },
  { when: "the Engram has the binding as JSON", engram: ENVELOPE, answer: "injected" },
  { when: "the Engram names a binding", engram: `demo/${NAME}`, answer: "injected" },
  {
    when: "there is no such Engram",
    pod: engramPod({ labels: { [LABELS.engram]: "nobody" } }),
    answer: "refused: Engram demo/nobody not found",
  },
  {
    when: "there is no such binding",
    engram: "demo/none",
    answer: "refused: TransportBinding demo/none not found",
  },
  {
    when: "the binding is of another namespace",
    engram: "other/one",
    answer: "refused: transport binding other/one is of another namespace than the pod's, demo",
  },
  {
    when: "the binding as JSON is of another namespace",
    pod: annotated(ENVELOPE.replace('"demo"', '"other"')),
    answer: `refused: transport binding other/${NAME} is of another namespace than the pod's, demo`,
  },
  {
    when: "the binding speaks another protocol",
    pod: annotated(ENVELOPE.replace(PROTOCOL_VERSION, "2.0.0")),
    answer: "refused: ",
  },
  { when: "the binding cannot be read", pod: annotated("{"), answer: "refused: " },
  { when: "the API server cannot be asked", engram: "demo/away", answer: "error: away" },
];

function lookup(annotation: string | undefined): Lookup {
  const annotations = annotation === undefined ? {} : { [ANNOTATIONS.binding]: annotation };
  const engram = engramSchema.parse({ metadata: { name: "engram-a", annotations }, spec: {} });
  const made = transportBindingSchema.parse(binding("step-a"));
  return {
    engram: (_namespace, name) => Promise.resolve(name === "engram-a" ? engram : undefined),
    binding: (_namespace, name) =>
      name === "away"
        ? Promise.reject(new KubeError("unreachable", "away"))
        : Promise.resolve(name === NAME ? made : undefined),
  };
}

async function answer({ request, pod = engramPod(), engram, image = "connector:1" }: Row) {
  const settings = {
    image,
    imagePullPolicy: "Always",
    hubEndpoint: () => "hub:9000",
    peerHost: () => "peer:50051",
  };
  const asked: AdmissionRequest = {
    uid: "u1",
    operation: "CREATE",
    namespace: "demo",
    kind: { group: "", kind: "Pod" },
    object: pod,
    ...request,
  };
  try {
    const { allowed, patch, status } = await admitPod(asked, settings, lookup(engram));
    if (!allowed) return `refused: ${status?.message}`;
    return patch === undefined ? "unchanged" : "injected";
  } catch (error) {
    if (!(error instanceof KubeError)) throw error;
    return `error: ${error.message}`;
  }
}

for (const row of ROWS) {
  Deno.test(`webhook, ${row.when}: ${row.answer}`, async () => {
    const given = await answer(row);
    // The words of a parser are its own; that it refuses is ours.
    assertEquals(row.answer === "refused: " ? given.slice(0, 9) : given, row.answer);
  });
}
