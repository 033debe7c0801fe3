import { type ControlPlane, startControlPlane } from "../cluster/control_plane.ts";
import { type CuttingProxy, startCuttingProxy } from "../cluster/cutting_proxy.ts";
import { differingPaths } from "../cluster/deep_equal.ts";
import { contentOf, expectedSnapshot, liveObjects } from "../cluster/expected_snapshot.ts";
import { createKeeper } from "../cluster/keeper.ts";
import { type Adapter, type Router, startAdapter, startRouter } from "../cluster/product.ts";
import { mayLead, mayWatch, namespace, serviceAccount } from "../cluster/rbac.ts";
import { waitFor } from "../cluster/wait_for.ts";
import type { Random } from "../router/random.ts";
import { Releases } from "./releases.ts";
import { watch, type Watchman } from "./watchman.ts";

const FLOW = "faults";
const REGION = "fsn1";
const NAMESPACE = "flux-system";
const ACCOUNT = { namespace: NAMESPACE, name: "headrace-adapter" };

/** What the specification grants for being whole again after a fault, in milliseconds. */
const RECOVERY = 30_000;

/** An adapter with networks of its own to either side. */
export interface Member {
  readonly adapter: Adapter;
  readonly toCluster: CuttingProxy;
  readonly toRouter: CuttingProxy;
}

/** One cluster, two adapters that both show it, one router. Disposing it ends everything. */
export interface World extends AsyncDisposable {
  readonly plane: ControlPlane;
  readonly router: Router;
  readonly members: readonly [Member, Member];
  readonly releases: Releases;
  readonly watchman: Watchman;
  /** The one that posts, once there is one; the other. */
  leader(): Promise<{ leader: Member; standby: Member }>;
  /** Gives both adapters another token and makes the one before worthless. */
  rotateToken(): Promise<void>;
  /** Waits until the router shows the cluster as it is. */
  isWhole(): Promise<void>;
}

/** Starts a world and waits until it is whole. */
export async function startWorld(
  random: Random,
  { leaseDuration = "3s" }: { leaseDuration?: string } = {},
): Promise<World> {
  await using stack = new AsyncDisposableStack();
  const keeper = stack.use(await createKeeper("headrace-faults-"));
  const plane = stack.use(await startControlPlane());
  await plane.apply(
    namespace(NAMESPACE),
    serviceAccount(ACCOUNT),
    ...mayWatch("headrace", { serviceAccount: ACCOUNT }),
    ...mayLead("headrace", NAMESPACE, { serviceAccount: ACCOUNT }),
  );
  const releases = new Releases(plane.admin, random);
  await releases.make(8);
  const router = await startRouter(keeper);
  const token = await tokenFile(plane);
  const member = async (name: string): Promise<Member> => {
    const toCluster = stack.use(await startCuttingProxy(Number(new URL(plane.server).port)));
    const toRouter = stack.use(await startCuttingProxy(Number(new URL(router.url).port)));
    const kubeconfig = await kubeconfigWith(plane, name, toCluster.port, token.path);
    const settings = {
      router: `http://127.0.0.1:${toRouter.port}`,
      flowId: FLOW,
      region: REGION,
      name,
      kubeconfig,
      env: { LEASE_DURATION: leaseDuration },
    };
    return { adapter: await startAdapter(keeper, settings), toCluster, toRouter };
  };
  const members = [await member("one"), await member("two")] as const;
  const watchman = stack.use(watch(router.url, FLOW));
  const owned = stack.move();
  const world: World = {
    plane,
    router,
    members,
    releases,
    watchman,
    rotateToken: token.rotate,
    leader: () =>
      waitFor("one adapter to lead", async () => {
        const roles = await Promise.all(members.map(roleOf));
        const [one, two] = members;
        if (roles.filter((role) => role === "leader").length !== 1) return false;
        return roles[0] === "leader"
          ? { leader: one, standby: two }
          : { leader: two, standby: one };
      }),
    isWhole: () => isWhole(plane, router),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
  await world.isWhole();
  return world;
}

/** What an adapter says of itself; nothing when it is gone or frozen. */
async function roleOf({ adapter }: Member): Promise<string | undefined> {
  try {
    const response = await fetch(`${adapter.health}/readyz`, {
      signal: AbortSignal.timeout(1_000),
    });
    return (await response.json()).role;
  } catch (error) {
    const isAway = error instanceof TypeError ||
      error instanceof DOMException && error.name === "TimeoutError";
    if (isAway) return undefined;
    throw error;
  }
}

async function isWhole(plane: ControlPlane, router: Router): Promise<void> {
  const expected = expectedSnapshot(FLOW, [
    { key: REGION, objects: await liveObjects(plane.admin) },
  ]);
  let paths: string[] = [];
  await waitFor("the router to show the cluster as it is", async () => {
    const response = await fetch(`${router.url}/v1/flows/${FLOW}/snapshot`);
    const body = await response.json();
    paths = response.ok ? differingPaths(contentOf(body), expected, "") : ["everything"];
    return paths.length === 0;
  }, {
    within: RECOVERY,
    every: 50,
    describe: () => `it differs at ${paths.slice(0, 6).join(" ")}`,
  });
}

/** A token of the adapters' account, in a file as a kubelet keeps it. */
async function tokenFile(plane: ControlPlane) {
  const path = `${plane.folder}/token`;
  let secret = await writeToken(plane, path, 0);
  let count = 0;
  const rotate = async () => {
    const before = secret;
    secret = await writeToken(plane, path, ++count);
    await plane.admin.remove(before);
  };
  return { path, rotate };
}

async function writeToken({ admin, tokenFor }: ControlPlane, path: string, count: number) {
  // A token ends with the object that it is bound to.
  const secret = await admin.create({
    apiVersion: "v1",
    kind: "Secret",
    metadata: { namespace: NAMESPACE, name: `token-${count}` },
  });
  await Deno.writeTextFile(`${path}.new`, await tokenFor(ACCOUNT, secret), { mode: 0o600 });
  await Deno.rename(`${path}.new`, path);
  return secret;
}

async function kubeconfigWith(
  { folder, ca }: ControlPlane,
  name: string,
  port: number,
  tokenFile: string,
): Promise<string> {
  const path = `${folder}/adapter-${name}.kubeconfig`;
  const cluster = { server: `https://127.0.0.1:${port}`, "certificate-authority-data": btoa(ca) };
  const config = {
    apiVersion: "v1",
    kind: "Config",
    "current-context": "test",
    clusters: [{ name: "test", cluster }],
    users: [{ name: "test", user: { tokenFile } }],
    contexts: [{ name: "test", context: { cluster: "test", user: "test" } }],
  };
  await Deno.writeTextFile(path, JSON.stringify(config), { mode: 0o600 });
  return path;
}
