// deno-lint-ignore-file no-console -- its output is what `kubectl logs` shows
// Run by `helm test`: the webhook answers through its Service, with a certificate that the API server
// would trust, and leaves a pod alone that is no engram's.
const [url, authority] = Deno.args;
const caCerts = [await Deno.readTextFile(authority)];
const client = Deno.createHttpClient({ caCerts });
const request = {
  uid: "helm-test",
  operation: "CREATE",
  namespace: "default",
  kind: { group: "", version: "v1", kind: "Pod" },
  object: { metadata: { name: "helm-test" }, spec: { containers: [] } },
};
const response = await fetch(url, {
  client,
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify({ apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview", request }),
  signal: AbortSignal.timeout(30_000),
});
const text = await response.text();
if (!response.ok) throw new Error(`the webhook answered ${response.status}: ${text}`);
const { uid, allowed, patch } = JSON.parse(text).response;
if (uid !== "helm-test" || allowed !== true || patch !== undefined) {
  throw new Error(`the webhook answered otherwise than it should: ${text}`);
}
console.log("the webhook answers, and its certificate is trusted");
