import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { ANNOTATIONS, LABELS } from "../../contracts/transport/names.ts";
import {
  engramSchema,
  type TransportBinding,
  transportBindingSchema,
} from "../../contracts/transport/resources.ts";
import { KubeError } from "../../kube/errors.ts";
import { binding } from "../transport/testing/objects.ts";
import { type AdmissionRequest, admitPod, type Lookup } from "./admission.ts";
import type { PatchOperation } from "./inject_connector.ts";
import type { Container, Pod } from "./pod.ts";
import { answerReview } from "./review.ts";
import { engramPod } from "./testing/pods.ts";

const NAME = "run-1-step-a-transport";
const REFERENCE = `demo/${NAME}`;

const SETTINGS = {
  image: "connector:1",
  imagePullPolicy: "Always",
  hubEndpoint: () => "hub:9000",
  peerHost: () => "peer:50051",
};

/** The cluster: one Engram with an annotation or without, and one binding. */
function lookup(annotation?: string, change: Partial<Lookup> = {}): Lookup {
  const engram = engramSchema.parse({
    metadata: {
      name: "engram-a",
      ...(annotation === undefined ? {} : { annotations: { [ANNOTATIONS.binding]: annotation } }),
    },
    spec: {},
  });
  const made: TransportBinding = {
    ...transportBindingSchema.parse(binding("step-a")),
    status: { upstreamHost: "told:1" },
  };
  return {
    engram: (_namespace, name) => Promise.resolve(name === "engram-a" ? engram : undefined),
    binding: (_namespace, name) => Promise.resolve(name === NAME ? made : undefined),
    ...change,
  };
}

function request(object: Pod, change: Partial<AdmissionRequest> = {}): AdmissionRequest {
  return {
    uid: "u1",
    operation: "CREATE",
    namespace: "demo",
    kind: { group: "", kind: "Pod" },
    object,
    ...change,
  };
}

async function connectorOf(pod: Pod, cluster: Lookup): Promise<Record<string, string | undefined>> {
  const { patch = "", allowed } = await admitPod(request(pod), SETTINGS, cluster);
  assertEquals(allowed, true);
  const text = new TextDecoder().decode(Uint8Array.fromBase64(patch));
  const [first] = JSON.parse(text) as PatchOperation[];
  const { env = [] } = first?.value as Container;
  return Object.fromEntries(env.map(({ name, value }) => [name, value]));
}

Deno.test("the binding is the pod's annotation, else the Engram's, as JSON or as a reference", async () => {
  const byReference = await connectorOf(engramPod(), lookup(REFERENCE));
  const envelope = byReference["BUBU_TRANSPORT_BINDING"] ?? "";
  assertEquals(JSON.parse(envelope).name, NAME);
  const byJson = await connectorOf(engramPod(), lookup(envelope));
  assertEquals(byJson["BUBU_TRANSPORT_BINDING"], envelope);
  const pod = engramPod({ annotations: { [ANNOTATIONS.binding]: envelope } });
  assertEquals((await connectorOf(pod, lookup("junk")))["BUBU_TRANSPORT_BINDING"], envelope);
});

Deno.test("a p2p step dials the host that its binding names; an API server away is no reason to wait", async () => {
  const pod = engramPod({ routing: { mode: "p2p", downstream: "step-b" } });
  assertEquals((await connectorOf(pod, lookup(REFERENCE)))["BUBU_HUB_ENDPOINT"], "told:1");
  const envelope = (await connectorOf(pod, lookup(REFERENCE)))["BUBU_TRANSPORT_BINDING"] ?? "";
  const away = lookup(envelope, {
    binding: () => Promise.reject(new KubeError("unreachable", "away")),
  });
  assertEquals((await connectorOf(pod, away))["BUBU_HUB_ENDPOINT"], "peer:50051");
});

Deno.test("what is not ours is allowed without a look at the cluster", async () => {
  const never = () => Promise.reject(new Error("must not be asked"));
  const cluster: Lookup = { engram: never, binding: never };
  const unchanged = { uid: "u1", allowed: true };
  for (
    const [given, image] of [
      [request(engramPod(), { operation: "UPDATE" }), "connector:1"],
      [request(engramPod(), { kind: { group: "apps", kind: "Deployment" } }), "connector:1"],
      [request(engramPod({ labels: {} })), "connector:1"],
      [request(engramPod({ containers: [] })), "connector:1"],
      [request(engramPod()), ""],
    ] as const
  ) assertEquals(await admitPod(given, { ...SETTINGS, image }, cluster), unchanged);
  assertEquals(await admitPod(request(engramPod()), SETTINGS, lookup()), unchanged, "no binding");
});

Deno.test("what no connector could start with is refused, with the reason", async () => {
  const refusal = async (pod: Pod, cluster: Lookup) => {
    const { allowed, status } = await admitPod(request(pod), SETTINGS, cluster);
    return [allowed, status?.code, status?.message];
  };
  const stranger = engramPod({ labels: { [LABELS.engram]: "nobody" } });
  assertEquals(await refusal(stranger, lookup()), [false, 400, "Engram demo/nobody not found"]);
  assertEquals(await refusal(engramPod(), lookup("other/one")), [
    false,
    400,
    "transport binding other/one is of another namespace than the pod's, demo",
  ]);
  assertEquals(await refusal(engramPod(), lookup("demo/none")), [
    false,
    400,
    "TransportBinding demo/none not found",
  ]);
  const [, , message] = await refusal(engramPod(), lookup("{}"));
  assertStringIncludes(String(message), "transport binding: ");
});

Deno.test("an API server that cannot be asked is an error, so that failurePolicy decides", async () => {
  const away = lookup(undefined, {
    engram: () => Promise.reject(new KubeError("unreachable", "away")),
  });
  await assertRejects(() => admitPod(request(engramPod()), SETTINGS, away), KubeError);
  const review = { apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview" };
  const answer = await answerReview(
    JSON.stringify({ ...review, request: request(engramPod()) }),
    (given) => admitPod(given, SETTINGS, away),
  );
  assertEquals([answer.status, answer.error], [500, "away"]);
});

Deno.test("what is no AdmissionReview is a bad request", async () => {
  const admit = () => Promise.reject(new Error("must not be asked"));
  for (const text of ["", "{}", '{"apiVersion":"admission.k8s.io/v1beta1"}', "[]"]) {
    assertEquals((await answerReview(text, admit)).status, 400);
  }
});
