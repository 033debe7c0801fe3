import { LABELS } from "../../contracts/transport/names.ts";
import type { KubeObject } from "../cluster/kube_object.ts";

/**
 * As the chart registers it, but for the address: there are no Services without a cluster network.
 *
 * @param caBundle PEM of the authority that the API server is to trust
 */
export function webhookRegistration(port: number, caBundle: string): KubeObject {
  return {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "MutatingWebhookConfiguration",
    metadata: { name: "headrace-operator" },
    webhooks: [{
      name: "mtransport-connector.bobravoz.bubustack.io",
      admissionReviewVersions: ["v1"],
      sideEffects: "None",
      failurePolicy: "Fail",
      // A second turn after other webhooks finds the connector there.
      reinvocationPolicy: "IfNeeded",
      timeoutSeconds: 5,
      clientConfig: {
        url: `https://127.0.0.1:${port}/mutate-transport-connector-pod`,
        caBundle: btoa(caBundle),
      },
      objectSelector: { matchExpressions: [{ key: LABELS.engram, operator: "Exists" }] },
      rules: [{
        apiGroups: [""],
        apiVersions: ["v1"],
        operations: ["CREATE"],
        resources: ["pods"],
      }],
    }],
  };
}
