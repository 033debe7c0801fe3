/** kube-controller-manager beside a control plane: what is declared comes to be. */
import type { ControlPlane } from "../cluster/control_plane.ts";
import { createKeeper, type Keeper } from "../cluster/keeper.ts";
import { waitFor } from "../cluster/wait_for.ts";
import { findTools } from "../tools/tools.ts";

/** Those that the charts need; without a kubelet and a scheduler the others have nothing to do. */
const CONTROLLERS = [
  "daemonset-controller",
  "deployment-controller",
  "disruption-controller",
  "endpointslice-controller",
  "garbage-collector-controller",
  "namespace-controller",
  "replicaset-controller",
  "root-ca-certificate-publisher-controller",
  "serviceaccount-controller",
  "statefulset-controller",
];

/**
 * Starts the controllers and waits until they work: the namespace `default` has its ServiceAccount.
 *
 * @throws {ToolsError} `tools-missing` when `deno task tools` has not run
 */
export async function startControllers(plane: ControlPlane): Promise<Keeper> {
  const { binaries } = await findTools(["kube-controller-manager"]);
  const user = "system:kube-controller-manager";
  // The group of those who may do everything: what is tested is our roles, not theirs.
  const access = plane.accessFor(user, ["system:masters"]);
  const keeper = await createKeeper("headrace-controllers-");
  try {
    const kubeconfig = await plane.writeKubeconfig(user, access);
    const process = keeper.start({
      name: "kube-controller-manager",
      program: binaries["kube-controller-manager"],
      args: [
        `--kubeconfig=${kubeconfig}`,
        `--controllers=${CONTROLLERS.join(",")}`,
        "--leader-elect=false",
        `--root-ca-file=${plane.folder}/ca.crt`,
        // No port of its own: nobody asks it anything.
        "--secure-port=0",
        "--concurrent-gc-syncs=5",
        "--kube-api-qps=500",
        "--kube-api-burst=1000",
      ],
    });
    const ended = new AbortController();
    process.ended.then(async (how) => {
      ended.abort(new Error(`${how}:\n${(await process.output()).slice(-2_000)}`));
    });
    const path = "/api/v1/namespaces/default/serviceaccounts";
    await waitFor("the controllers to work", async () => {
      const { items } = await plane.admin.list(path);
      return items.some(({ metadata }) => metadata.name === "default");
    }, { signal: ended.signal, describe: async () => (await process.output()).slice(-2_000) });
    return keeper;
  } catch (error) {
    await keeper[Symbol.asyncDispose]();
    throw error;
  }
}
