import { parse } from "../../contracts/transport/parse.ts";
import { engramSchema, transportBindingSchema } from "../../contracts/transport/resources.ts";
import { getObject, type GetOptions } from "../../kube/get_object.ts";
import type { TransportCaches } from "../transport/caches.ts";
import { RESOURCES } from "../../contracts/transport/resource_kinds.ts";
import type { Lookup } from "./admission.ts";

/**
 * Looks objects up in the caches, and at the API server for what they do not know: a pod may be made
 * before its binding has come by the watch.
 */
export function lookupIn(
  caches: Pick<TransportCaches, "engrams" | "bindings">,
  options: GetOptions,
): Lookup {
  return {
    async engram(namespace, name) {
      const cached = caches.engrams.get(`${namespace}/${name}`)?.value;
      if (cached !== undefined) return cached;
      const object = await getObject({ gvr: RESOURCES.Engram, namespace, name }, options);
      return object && parse(engramSchema, object, `Engram ${namespace}/${name}`);
    },
    async binding(namespace, name) {
      const cached = caches.bindings.get(`${namespace}/${name}`)?.value;
      if (cached !== undefined) return cached;
      const object = await getObject({ gvr: RESOURCES.TransportBinding, namespace, name }, options);
      return object &&
        parse(transportBindingSchema, object, `TransportBinding ${namespace}/${name}`);
    },
  };
}
