import type { ControlPlane } from "../cluster/control_plane.ts";
import { createKeeper } from "../cluster/keeper.ts";
import { type Router, startRouter } from "../cluster/product.ts";
import { namespace } from "../cluster/rbac.ts";
import { startRegion } from "../cluster/region.ts";
import { alertObjects, type AlertsRouter, startAlertsRouter } from "./alerts_router.ts";
import { packageChart } from "./chart_archives.ts";
import { startHelmController, startNotificationController } from "./controllers.ts";
import { type Recorder, startRecorder } from "./recorder.ts";
import { type SourceStandIn, startSourceStandIn } from "./source_stand_in.ts";

/** The flow that the adapter writes to. */
export const FLOW = "rollout";
/** The region of the one cluster. */
export const REGION = "lab";

/**
 * A cluster with Flux's own helm-controller and notification-controller, shown twice: by an adapter
 * on one router, and by alerts on another.
 */
export interface Lab extends AsyncDisposable {
  readonly plane: ControlPlane;
  readonly sources: SourceStandIn;
  readonly router: Router;
  readonly alerts: AlertsRouter;
  readonly recorder: Recorder;
}

/** Starts all of it. Disposing it ends every process. */
export async function startLab(): Promise<Lab> {
  await using started = new AsyncDisposableStack();
  const keeper = started.use(await createKeeper("headrace-flux-"));
  const [router, alerts, archives] = await Promise.all([
    startRouter(keeper),
    startAlertsRouter(keeper),
    packageChart(["1.0.0", "1.1.0"]),
  ]);
  const region = started.use(
    await startRegion(keeper, { key: REGION, router: router.url, flowId: FLOW }),
  );
  const { plane } = region;
  await plane.serveCrds(
    "helmrepositories.source.toolkit.fluxcd.io",
    "ocirepositories.source.toolkit.fluxcd.io",
    "providers.notification.toolkit.fluxcd.io",
    "alerts.notification.toolkit.fluxcd.io",
    "receivers.notification.toolkit.fluxcd.io",
  );
  await plane.apply(
    namespace("apps"),
    // Nobody makes it without controllers, and no Pod is admitted without it.
    {
      apiVersion: "v1",
      kind: "ServiceAccount",
      metadata: { name: "default", namespace: "apps" },
    },
    ...alertObjects(alerts),
  );
  const kubeconfig = await plane.writeKubeconfig(
    "recorder",
    plane.accessFor("recorder", ["system:masters"]),
  );
  const recorder = started.use(await startRecorder(kubeconfig));
  const sources = started.use(startSourceStandIn(plane.admin, archives));
  await startHelmController(keeper, plane, await startNotificationController(keeper, plane));
  const owned = started.move();
  return {
    plane,
    sources,
    router,
    alerts,
    recorder,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
