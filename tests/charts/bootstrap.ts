import type { KubeObject } from "../cluster/kube_object.ts";
import { objectsIn } from "./helm.ts";

const FOLDER = new URL("../../charts/bootstrap/", import.meta.url);

/**
 * The manifests of the bootstrap slots, with `${NAME}` replaced as Flux's postBuild.substitute
 * does.
 *
 * @throws {Error} for a variable without a value
 */
export async function bootstrapManifests(
  variables: Readonly<Record<string, string>>,
): Promise<KubeObject[]> {
  const objects: KubeObject[] = [];
  for await (const { name } of Deno.readDir(FOLDER)) {
    if (!/^\d+-.*\.yaml$/.test(name)) continue;
    const text = await Deno.readTextFile(new URL(name, FOLDER));
    const replaced = text.replace(/\$\{(\w+)\}/g, (_, variable) => {
      const value = variables[variable];
      if (value === undefined) throw new Error(`${name} wants ${variable}`);
      return value;
    });
    objects.push(...objectsIn(replaced));
  }
  return objects;
}
