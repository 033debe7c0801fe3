import { ContractError } from "../../contracts/contract_error.ts";
import { idSchema } from "../../contracts/flow.ts";
import type { FluxEvent } from "../../contracts/flux_event.ts";

/** Where an event is shown. */
export interface Place {
  readonly flowId: string;
  readonly regionKey: string;
  /** The namespace whose objects have short ids; undefined when none has. */
  readonly namespace: string | undefined;
}

/** As of the adapter's `NAMESPACE_FILTER`. */
const DEFAULT_NAMESPACE = "flux-system";

/**
 * Where an event belongs: what the Provider's address says, else the event's metadata. The address
 * wins because whoever may change a Flux object can add metadata to its events by annotations.
 *
 * @param query a parameter of the address
 * @throws {ContractError} saying what to add where
 */
export function readPlace(
  query: (name: string) => string | undefined,
  { metadata }: Pick<FluxEvent, "metadata">,
): Place {
  const flowId = query("flow") || metadata?.["flow"];
  const regionKey = query("region") || metadata?.["region"] || metadata?.["cluster"];
  if (!flowId) {
    throw new ContractError("which flow? add ?flow=<id> to the address of the Provider");
  }
  if (!regionKey) {
    throw new ContractError(
      "which region? add &region=<name of the cluster> to the address of the Provider, or " +
        "region or cluster to eventMetadata of the Alert",
    );
  }
  const namespace = query("namespace") || DEFAULT_NAMESPACE;
  return {
    flowId: checked("flow", flowId),
    regionKey: checkedRegion(regionKey),
    // Several namespaces, or all: as with the adapter, then no id goes without its namespace.
    namespace: /[*,]/.test(namespace) ? undefined : namespace,
  };
}

function checkedRegion(regionKey: string): string {
  if (!regionKey.includes("/")) return checked("region", regionKey);
  throw new ContractError('the region must not contain "/", which parts the node ids');
}

function checked(what: string, id: string): string {
  const result = idSchema.safeParse(id);
  if (result.success) return id;
  throw new ContractError(`the ${what} ${result.error.issues[0]?.message}`);
}
