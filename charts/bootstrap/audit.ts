/**
 * `deno task audit`: compares what the bootstrap slots and blueprints wait for with what is
 * expected, finds cycles, and fails when there is drift or a cycle.
 */
import { load } from "js-yaml";
import { cycles, drift, merged } from "./dependencies.ts";
import { readExpected, readManifests, type SourceFile } from "./manifests.ts";

const CHARTS = new URL("../", import.meta.url);

/** What the audit found. */
export interface Audit {
  readonly drift: readonly string[];
  /** The names along each cycle. */
  readonly cycles: readonly (readonly string[])[];
}

/** Audits the files of this repository. */
export async function audit(): Promise<Audit> {
  const slots: SourceFile[] = [];
  const blueprints: SourceFile[] = [];
  const versions = new Map<string, string>();
  for await (const { name, isDirectory } of Deno.readDir(CHARTS)) {
    const chart = isDirectory ? await read(`${name}/Chart.yaml`) : undefined;
    const blueprint = isDirectory ? await read(`${name}/blueprint.yaml`) : undefined;
    if (chart !== undefined) versions.set(name, (load(chart.text) as { version: string }).version);
    if (blueprint !== undefined) blueprints.push(blueprint);
  }
  for await (const { name } of Deno.readDir(new URL("bootstrap/", CHARTS))) {
    if (!/^\d+-.*\.yaml$/.test(name)) continue;
    const slot = await read(`bootstrap/${name}`);
    if (slot !== undefined) slots.push(slot);
  }
  const expectedFile = await read("bootstrap/expected-dependencies.yaml");
  if (expectedFile === undefined) throw new Error("charts/bootstrap has no expected dependencies");
  const expected = readExpected(expectedFile.text);
  const found = readManifests(slots, blueprints, versions);
  return {
    drift: [...found.problems, ...drift(expected, found.dependencies)],
    cycles: cycles(merged(expected, found.dependencies)),
  };
}

/** What the task prints: each problem on a line, then the counts. */
export function report({ drift, cycles }: Audit): string {
  return [
    ...drift.map((problem) => `drift: ${problem}`),
    ...cycles.map((names) => `cycle: ${[...names, names[0]].join(" -> ")}`),
    `drift=${drift.length} cycles=${cycles.length}`,
    "",
  ].join("\n");
}

async function read(path: string): Promise<SourceFile | undefined> {
  try {
    return { path, text: await Deno.readTextFile(new URL(path, CHARTS)) };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

if (import.meta.main) {
  const found = await audit();
  await Deno.stdout.write(new TextEncoder().encode(report(found)));
  if (found.drift.length > 0 || found.cycles.length > 0) Deno.exit(1);
}
