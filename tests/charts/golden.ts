/** Rendered charts for review: `tests/charts/golden/<chart>.<case>.yaml`; `--update` writes them. */
import { type Case, CASES } from "./cases.ts";
import { createHelm, type Helm } from "./helm.ts";

const FOLDER = new URL("./golden/", import.meta.url);

/** Path of a case's golden file. */
export function goldenFile({ chart, name }: Case): URL {
  return new URL(`${chart}.${name}.yaml`, FOLDER);
}

/** What Helm makes of a case. @throws {Error} with Helm's words when it refuses */
export async function render(helm: Helm, { chart, values, apiVersions = [] }: Case) {
  const { ok, stdout, stderr } = await helm.template(chart, values, { apiVersions });
  if (!ok) throw new Error(stderr);
  // The encoded program of a test pod says nothing to a reader.
  return stdout.replace(/;base64,[\w+/=]{60,}/g, ";base64,…");
}

if (import.meta.main) {
  if (Deno.args.join() !== "--update") throw new Error("usage: golden.ts --update");
  await using helm = await createHelm();
  for (const one of CASES) await Deno.writeTextFile(goldenFile(one), await render(helm, one));
}
