import type { ControlPlane } from "../cluster/control_plane.ts";
import { createKeeper } from "../cluster/keeper.ts";
import { type Router, startAdapter, startRouter } from "../cluster/product.ts";
import { namespace } from "../cluster/rbac.ts";
import { startRegion } from "../cluster/region.ts";
import {
  type AlertsRouter,
  plainAlerts,
  signedAlerts,
  startAlertsRouter,
} from "./alerts_router.ts";
import { packageChart } from "./chart_archives.ts";
import { startHelmController, startNotificationController } from "./controllers.ts";
import { type Recorder, startRecorder } from "./recorder.ts";
import { type SourceStandIn, startSourceStandIn } from "./source_stand_in.ts";

/** The flow that the adapter writes to. */
export const FLOW = "rollout";
/** The region of the one cluster, as its adapter reports it. */
export const REGION = "lab";
/** The same cluster once more, as its alerts tell of it on the adapter's router. */
export const TOLD_REGION = "told";

/**
 * A cluster with Flux's own helm-controller and notification-controller, shown twice: by an adapter
 * on one router, and by signed alerts on another. Unsigned ones tell the first router of a second
 * region.
 */
export interface Lab extends AsyncDisposable {
  readonly plane: ControlPlane;
  readonly sources: SourceStandIn;
  readonly router: Router;
  readonly alerts: AlertsRouter;
  readonly recorder: Recorder;
  /** Starts an adapter for {@linkcode TOLD_REGION} too. */
  startSecondAdapter(): Promise<void>;
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
    ...signedAlerts(alerts),
    ...plainAlerts(router.url, FLOW, TOLD_REGION),
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
    async startSecondAdapter() {
      const user = "headrace";
      await startAdapter(keeper, {
        router: router.url,
        flowId: FLOW,
        region: TOLD_REGION,
        kubeconfig: await plane.writeKubeconfig(`${user}-2`, plane.accessFor(user)),
      });
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
