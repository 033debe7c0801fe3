import { assertEquals, assertRejects } from "@std/assert";
import type { ServingCertificate } from "../../operator/serve_tls.ts";
import { serveWebhook, WEBHOOK_PATH } from "../../operator/webhook/serve_webhook.ts";
import { waitFor } from "../cluster/wait_for.ts";
import { type Authority, createAuthority } from "../cluster/x509.ts";

function certify(authority: Authority): ServingCertificate {
  const { certificate, key } = authority.issue({
    commonName: "webhook",
    usage: "server",
    addresses: ["127.0.0.1"],
  });
  return { cert: certificate, key };
}

const REVIEW = {
  apiVersion: "admission.k8s.io/v1",
  kind: "AdmissionReview",
  request: { uid: "u1", operation: "CREATE", kind: { group: "", kind: "Pod" } },
};

Deno.test("the webhook's server answers over TLS, follows its certificate and bounds what it reads", async (t) => {
  const first = createAuthority("first");
  const second = createAuthority("second");
  let current: ServingCertificate | Error = certify(first);
  const stop = new AbortController();
  const listening = Promise.withResolvers<string>();
  const log: string[] = [];
  const ended = serveWebhook({
    address: { hostname: "127.0.0.1", port: 0 },
    readCertificate: () =>
      current instanceof Error ? Promise.reject(current) : Promise.resolve(current),
    admit: ({ uid }) => Promise.resolve({ uid, allowed: true }),
    log: (_level, message) => log.push(message),
    signal: stop.signal,
    onListen: listening.resolve,
    reloadEveryMs: 20,
  });
  const address = await listening.promise;
  const post = async (authority: Authority, body: string, path = WEBHOOK_PATH) => {
    using client = Deno.createHttpClient({ caCerts: [authority.certificate] });
    const response = await fetch(`https://${address}${path}`, { method: "POST", body, client });
    return { status: response.status, text: await response.text() };
  };
  const review = JSON.stringify(REVIEW);

  await t.step("a review is answered with a review", async () => {
    const { status, text } = await post(first, review);
    assertEquals([status, JSON.parse(text)], [200, {
      apiVersion: REVIEW.apiVersion,
      kind: REVIEW.kind,
      response: { uid: "u1", allowed: true },
    }]);
  });

  await t.step("other paths, junk and bodies without end are refused", async () => {
    assertEquals((await post(first, review, "/else")).status, 404);
    assertEquals((await post(first, "{")).status, 400);
    assertEquals((await post(first, " ".repeat(5 * 1024 * 1024))).status, 413);
  });

  await t.step(
    "a new certificate serves the next connection, a bad one changes nothing",
    async () => {
      current = certify(second);
      await waitFor("the new certificate", async () => {
        try {
          return (await post(second, review)).status === 200;
        } catch (error) {
          if (error instanceof TypeError) return false;
          throw error;
        }
      });
      await assertRejects(() => post(first, review), TypeError);
      current = new Error("not there for a moment");
      await waitFor("the failed reload", () => log.some((line) => line.includes("using the old")));
      assertEquals((await post(second, review)).status, 200);
    },
  );

  await t.step("it ends when told", async () => {
    stop.abort();
    await ended;
    await assertRejects(() => post(second, review), TypeError);
  });
});
