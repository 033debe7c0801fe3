import { getObject, type GetOptions } from "../kube/get_object.ts";

const CONFIG_MAPS = { group: "", version: "v1", resource: "configmaps" };

/**
 * Reads the data of a ConfigMap.
 *
 * @returns undefined when there is none
 * @throws {KubeError}
 */
export async function readConfigMap(
  namespace: string,
  name: string,
  options: GetOptions,
): Promise<Record<string, string> | undefined> {
  const configMap = await getObject({ gvr: CONFIG_MAPS, namespace, name }, options);
  return configMap && ((configMap["data"] as Record<string, string> | undefined) ?? {});
}
