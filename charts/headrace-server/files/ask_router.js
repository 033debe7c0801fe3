// deno-lint-ignore-file no-console -- its output is what `kubectl logs` shows
// Run by `helm test`: the router is ready, says what it is, and streams or asks who you are.
const [router] = Deno.args;
const signal = AbortSignal.timeout(30_000);

async function expect(path, statuses) {
  const response = await fetch(router + path, { signal });
  const text = await response.text();
  if (!statuses.includes(response.status)) {
    throw new Error(`GET ${path} answered ${response.status}: ${text}`);
  }
  console.log(`GET ${path}: ${response.status}`);
}

await expect("/healthz", [200]);
await expect("/readyz", [200]);
await expect("/openapi.json", [200]);
// 401: access control is on, and this test has no token.
await expect("/v1/flows", [200, 401]);
