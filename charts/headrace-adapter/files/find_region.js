// deno-lint-ignore-file no-console -- its output is what `kubectl logs` shows
// Run by `helm test`: the router has this cluster's region, so an adapter has read its cluster and
// reached the router.
const [router, flowId, region, tokenFile] = Deno.args;
const deadline = Date.now() + 60_000;
let seen;

while (Date.now() < deadline) {
  seen = await look().catch((error) => error.message);
  if (seen === true) {
    console.log(`flow ${flowId} has region ${region}`);
    Deno.exit(0);
  }
  await new Promise((resolve) => setTimeout(resolve, 1_000));
}
console.error(`flow ${flowId} has no region ${region} after 60 s: ${seen}`);
Deno.exit(1);

async function look() {
  const headers = {};
  if (tokenFile) headers.authorization = `Bearer ${(await Deno.readTextFile(tokenFile)).trim()}`;
  const url = `${router}/v1/flows/${encodeURIComponent(flowId)}/snapshot`;
  const response = await fetch(url, { headers, signal: AbortSignal.timeout(10_000) });
  if (!response.ok) return `the router answers ${response.status}: ${await response.text()}`;
  const { nodes } = await response.json();
  return nodes.some(({ id }) => id === region) || `the flow has ${nodes.length} other nodes`;
}
