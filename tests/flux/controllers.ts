/** Flux's own controllers as processes, on loopback and with short waits. */
import type { ControlPlane } from "../cluster/control_plane.ts";
import { freePort } from "../cluster/free_port.ts";
import type { Keeper } from "../cluster/keeper.ts";
import { waitFor } from "../cluster/wait_for.ts";
import { findTools } from "../tools/tools.ts";

/**
 * Starts helm-controller and waits until it is ready.
 *
 * @param eventsTo base URL of the notification-controller's event server
 */
export async function startHelmController(
  keeper: Keeper,
  plane: ControlPlane,
  eventsTo: string,
): Promise<void> {
  await startController(keeper, plane, "helm-controller", [
    `--events-addr=${eventsTo}`,
    "--metrics-addr=0",
    // A dependency is looked at again after 30 s by default.
    "--requeue-dependency=1s",
    "--concurrent=8",
    "--graceful-shutdown-timeout=1s",
  ]);
}

/** Starts notification-controller, waits until it is ready and gives its event server's base URL. */
export async function startNotificationController(
  keeper: Keeper,
  plane: ControlPlane,
): Promise<string> {
  const events = `127.0.0.1:${freePort()}`;
  await startController(keeper, plane, "notification-controller", [
    `--events-addr=${events}`,
    `--receiverAddr=127.0.0.1:${freePort()}`,
    "--metrics-addr=0",
  ]);
  return `http://${events}/`;
}

async function startController(
  keeper: Keeper,
  plane: ControlPlane,
  name: "helm-controller" | "notification-controller",
  args: readonly string[],
): Promise<void> {
  const { binaries } = await findTools([name]);
  const health = `127.0.0.1:${freePort()}`;
  const kubeconfig = await plane.writeKubeconfig(name, plane.accessFor(name, ["system:masters"]));
  const process = keeper.start({
    name,
    program: binaries[name],
    args: [...args, `--health-addr=${health}`, "--log-level=info"],
    env: { KUBECONFIG: kubeconfig, RUNTIME_NAMESPACE: "flux-system" },
  });
  const ended = new AbortController();
  process.ended.then(async (how) => {
    ended.abort(new Error(`${how}:\n${(await process.output()).slice(-2_000)}`));
  });
  await waitFor(`${name} to be ready`, () => isReady(`http://${health}/readyz`), {
    signal: ended.signal,
    describe: async () => (await process.output()).slice(-2_000),
  });
}

async function isReady(url: string): Promise<boolean> {
  try {
    const response = await fetch(url);
    await response.body?.cancel();
    return response.ok;
  } catch (error) {
    if (error instanceof TypeError) return false;
    throw error;
  }
}
