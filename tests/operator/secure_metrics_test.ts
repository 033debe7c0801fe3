import { assertEquals, assertStringIncludes } from "@std/assert";
import { freePort } from "../cluster/free_port.ts";
import { createKeeper } from "../cluster/keeper.ts";
import { mayScrape, serviceAccount } from "../cluster/rbac.ts";
import { waitFor } from "../cluster/wait_for.ts";
import { createAuthority } from "../cluster/x509.ts";
import { bobrapetPlane } from "./bobrapet.ts";
import { startOperator } from "./operator_process.ts";

Deno.test("secure metrics are for those whom a real API server knows and lets read them", async () => {
  await using plane = await bobrapetPlane();
  await using keeper = await createKeeper("headrace-metrics-");
  const authority = createAuthority("metrics");
  const pair = authority.issue({
    commonName: "metrics",
    usage: "server",
    addresses: ["127.0.0.1"],
  });
  await Deno.writeTextFile(`${keeper.folder}/tls.crt`, pair.certificate);
  await Deno.writeTextFile(`${keeper.folder}/tls.key`, pair.key);
  const scraper = { namespace: "demo", name: "prometheus" };
  const stranger = { namespace: "demo", name: "stranger" };
  await plane.apply(
    serviceAccount(scraper),
    serviceAccount(stranger),
    ...mayScrape("prometheus", { serviceAccount: scraper }),
  );
  const address = `127.0.0.1:${freePort()}`;
  const operator = await startOperator(keeper, plane, {
    // The later flag wins.
    args: [
      "--metrics-secure",
      `--metrics-bind-address=${address}`,
      `--metrics-cert-path=${keeper.folder}`,
    ],
  });
  using client = Deno.createHttpClient({ caCerts: [authority.certificate] });
  const get = async (token?: string) => {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const response = await fetch(`https://${address}/metrics`, { client, headers });
    return { status: response.status, text: await response.text() };
  };

  const token = await plane.tokenFor(scraper);
  // The API server's own view of a new role lags a little.
  await waitFor("the scraper to be let in", async () => (await get(token)).status === 200);
  assertStringIncludes((await get(token)).text, "headrace_reconcile_total");
  const strangers = await plane.tokenFor(stranger);
  const refused = await get(strangers);
  assertEquals(refused.status, 403);
  assertStringIncludes(refused.text, "nonResourceURL /metrics");
  assertEquals((await get()).status, 401);
  assertEquals((await get(`${token}x`)).status, 401);

  await plane.stopApiServer("SIGKILL");
  assertEquals((await get(token)).status, 200, "a verdict is kept for a while");
  assertEquals((await get("unheard.of")).status, 503);
  await operator.stop("SIGTERM");
  const output = JSON.stringify(await operator.logs());
  for (const secret of [token, strangers]) assertEquals(output.includes(secret), false);
});
