import { type ControlPlane, startControlPlane } from "./control_plane.ts";
import { type CuttingProxy, startCuttingProxy } from "./cutting_proxy.ts";
import type { Keeper } from "./keeper.ts";
import { type Program, startAdapter } from "./product.ts";
import { mayLead, mayWatch, namespace } from "./rbac.ts";

/** A cluster, the adapter that shows it, and the network between the two. */
export interface LiveRegion extends AsyncDisposable {
  readonly key: string;
  readonly plane: ControlPlane;
  readonly proxy: CuttingProxy;
  readonly adapter: Program;
}

/** Starts a control plane, and an adapter that may read it and posts to the router. */
export async function startRegion(
  keeper: Keeper,
  { key, router, flowId }: { key: string; router: string; flowId: string },
): Promise<LiveRegion> {
  await using started = new AsyncDisposableStack();
  const plane = started.use(await startControlPlane());
  await plane.apply(
    namespace("flux-system"),
    ...mayWatch("headrace", { user: "headrace" }),
    ...mayLead("headrace", "flux-system", { user: "headrace" }),
  );
  const proxy = started.use(await startCuttingProxy(Number(new URL(plane.server).port)));
  const kubeconfig = await plane.writeKubeconfig(
    "headrace",
    plane.accessFor("headrace"),
    `https://127.0.0.1:${proxy.port}`,
  );
  const adapter = await startAdapter(keeper, { router, flowId, region: key, kubeconfig });
  const owned = started.move();
  return {
    key,
    plane,
    proxy,
    adapter,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
