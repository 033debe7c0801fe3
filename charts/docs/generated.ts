/**
 * What is generated from the commented `values.yaml` of each chart: `values.schema.json` and the
 * README's table. Run as a program it writes both.
 */
import { load } from "js-yaml";
import { valuesSchema } from "./schema.ts";
import { valuesTable, withTable } from "./table.ts";
import { readValues } from "./values.ts";

const CHARTS = new URL("../", import.meta.url);

/** A generated file: its path under `charts/`, and what it must hold. */
export interface Generated {
  readonly path: string;
  readonly text: string;
}

/** Names of the charts that have values, in order. */
export async function chartsWithValues(): Promise<string[]> {
  const names: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(CHARTS)) {
    if (isDirectory && await exists(new URL(`${name}/values.yaml`, CHARTS))) names.push(name);
  }
  return names.sort();
}

/** What must stand in the generated files of a chart. */
export async function generatedOf(chart: string): Promise<Generated[]> {
  const read = (name: string) => Deno.readTextFile(new URL(`${chart}/${name}`, CHARTS));
  const values = readValues(await read("values.yaml"));
  const { dependencies = [] } = load(await read("Chart.yaml")) as {
    dependencies?: readonly { readonly name: string }[];
  };
  const schema = valuesSchema(values, dependencies.map(({ name }) => name));
  return [
    { path: `${chart}/values.schema.json`, text: JSON.stringify(schema, null, 2) + "\n" },
    { path: `${chart}/README.md`, text: withTable(await read("README.md"), valuesTable(values)) },
  ];
}

async function exists(url: URL): Promise<boolean> {
  try {
    await Deno.stat(url);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

if (import.meta.main) {
  for (const chart of await chartsWithValues()) {
    for (const { path, text } of await generatedOf(chart)) {
      await Deno.writeTextFile(new URL(path, CHARTS), text);
    }
  }
}
