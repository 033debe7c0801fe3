/**
 * A real Kubernetes control plane on loopback: etcd and kube-apiserver with TLS and RBAC, and no
 * controllers, so that nothing changes but what a test changes.
 */
import { findTools, type ToolPaths } from "../tools/tools.ts";
import { applyCrds, crdsServed } from "./crds.ts";
import { freePort } from "./free_port.ts";
import { createKeeper, type Keeper, type KeptProcess } from "./keeper.ts";
import { type Access, createKubeClient, KubeApiError, type KubeClient } from "./kube_client.ts";
import type { KubeObject } from "./kube_object.ts";
import { kubeconfigOf } from "./kubeconfig.ts";
import { type ServerFiles, writeServerFiles } from "./server_files.ts";
import { waitFor } from "./wait_for.ts";
import { createAuthority } from "./x509.ts";

/** What a control plane can be told. */
export interface ControlPlaneOptions {
  /** The CRDs to serve, `<plural>.<group>` each. Default: those that the adapter watches. */
  readonly crds?: readonly string[];
  /** Flags for kube-apiserver beside ours. */
  readonly apiServerArgs?: readonly string[];
}

/** A ServiceAccount by name. */
export interface ServiceAccountName {
  readonly namespace: string;
  readonly name: string;
}

/** A running control plane. Disposing it ends both processes and removes their files. */
export interface ControlPlane extends AsyncDisposable {
  /** `https://127.0.0.1:<port>`, the same for all its life. */
  readonly server: string;
  /** PEM of the authority behind the server's certificate. */
  readonly ca: string;
  /** A folder for files of the test, which goes with the control plane. */
  readonly folder: string;
  /** A client that may do everything (`system:masters`). */
  readonly admin: KubeClient;
  /** A client certificate of a new user, who may do what RBAC grants to him and his groups. */
  accessFor(user: string, groups?: readonly string[]): Access;
  /**
   * Writes a kubeconfig file and gives its path.
   *
   * @param server Another base URL, such as that of a proxy in front of the API server.
   */
  writeKubeconfig(user: string, access: Access, server?: string): Promise<string>;
  /**
   * A projected ServiceAccount token (TokenRequest), as the kubelet mounts it. It lives for ten
   * minutes, the least that the API server grants, and not longer than the object it is bound to.
   *
   * @param boundTo A Pod or a Secret in the account's namespace.
   */
  tokenFor(account: ServiceAccountName, boundTo?: KubeObject): Promise<string>;
  /** Applies further CRDs of the cache, and waits until they are served. */
  serveCrds(...names: readonly string[]): Promise<void>;
  /** Server-side apply of objects, one after the other. */
  apply(...objects: readonly KubeObject[]): Promise<void>;
  /** Ends kube-apiserver with a signal and waits until it is gone. */
  stopApiServer(signal: "SIGTERM" | "SIGKILL"): Promise<void>;
  /** Starts kube-apiserver on the same port and data, and waits until it serves the CRDs. */
  startApiServer(): Promise<void>;
  /** Freezes or thaws kube-apiserver: it keeps its connections and says nothing. */
  signalApiServer(signal: "SIGSTOP" | "SIGCONT"): void;
  /** What a process has printed. */
  logs(process: "etcd" | "kube-apiserver"): Promise<string>;
}

/** The CRDs of what the adapter watches. */
const WATCHED_CRDS = [
  "helmreleases.helm.toolkit.fluxcd.io",
  "helmcharts.source.toolkit.fluxcd.io",
];

const ISSUER = "https://kubernetes.default.svc.cluster.local";

/**
 * Starts a control plane and waits until it serves the CRDs.
 *
 * @throws {ToolsError} `tools-missing` when `deno task tools` has not run.
 */
export async function startControlPlane(
  options: ControlPlaneOptions = {},
): Promise<ControlPlane> {
  const tools = await findTools(["etcd", "kube-apiserver"]);
  const keeper = await createKeeper("headrace-cluster-");
  try {
    return await start(keeper, tools, options);
  } catch (error) {
    await keeper[Symbol.asyncDispose]();
    throw error;
  }
}

async function start(
  keeper: Keeper,
  { binaries, crds }: ToolPaths<"etcd" | "kube-apiserver">,
  { crds: wanted = WATCHED_CRDS, apiServerArgs = [] }: ControlPlaneOptions,
): Promise<ControlPlane> {
  const { folder } = keeper;
  const authority = createAuthority("Headrace test CA");
  const etcdUrl = `http://127.0.0.1:${freePort()}`;
  const port = freePort();
  const server = `https://127.0.0.1:${port}`;
  const accessFor: ControlPlane["accessFor"] = (user, groups = []) => ({
    server,
    ca: authority.certificate,
    ...authority.issue({ commonName: user, organizations: groups, usage: "client" }),
  });
  const admin = createKubeClient(accessFor("headrace-admin", ["system:masters"]));
  const etcd = keeper.start({
    name: "etcd",
    program: binaries.etcd,
    args: etcdArgs(`${folder}/etcd`, etcdUrl),
  });
  const fixedArgs = kubeArgs(await writeServerFiles(folder, authority), etcdUrl, port);
  const startKube = () =>
    keeper.start({
      name: "kube-apiserver",
      program: binaries["kube-apiserver"],
      args: [...fixedArgs, ...apiServerArgs],
    });
  let kube = startKube();
  const served = [...wanted];

  try {
    await ready(admin, [etcd, kube]);
    await applyCrds(admin, crds, wanted);
  } catch (error) {
    admin[Symbol.dispose]();
    throw error;
  }
  return {
    server,
    ca: authority.certificate,
    folder,
    admin,
    accessFor,
    async writeKubeconfig(user, access, through = server) {
      const path = `${folder}/${user.replaceAll(/[^\w-]/g, "_")}.kubeconfig`;
      // YAML 1.2 is a superset of JSON: this is a kubeconfig for every reader.
      const text = JSON.stringify(kubeconfigOf({ ...access, server: through }, user), null, 2);
      await Deno.writeTextFile(path, text, { mode: 0o600 });
      return path;
    },
    async tokenFor({ namespace, name }, boundTo) {
      const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`;
      const { status } = await admin.request<{ status: { token: string } }>(path, {
        method: "POST",
        body: {
          apiVersion: "authentication.k8s.io/v1",
          kind: "TokenRequest",
          spec: {
            expirationSeconds: 600,
            ...(boundTo === undefined ? {} : { boundObjectRef: referenceTo(boundTo) }),
          },
        },
      });
      return status.token;
    },
    async serveCrds(...names) {
      await applyCrds(admin, crds, names);
      served.push(...names);
    },
    async apply(...objects) {
      for (const object of objects) await admin.apply(object);
    },
    stopApiServer: (signal) => kube.stop(signal),
    async startApiServer() {
      kube = startKube();
      await ready(admin, [etcd, kube]);
      await crdsServed(admin, served);
    },
    signalApiServer: (signal) => kube.signal(signal),
    logs: (name) => (name === "etcd" ? etcd : kube).output(),
    async [Symbol.asyncDispose]() {
      admin[Symbol.dispose]();
      await keeper[Symbol.asyncDispose]();
    },
  };
}

function referenceTo({ apiVersion, kind, metadata: { name, uid } }: KubeObject) {
  return { apiVersion, kind, name, uid };
}

function etcdArgs(dataFolder: string, url: string): string[] {
  return [
    `--data-dir=${dataFolder}`,
    `--listen-client-urls=${url}`,
    `--advertise-client-urls=${url}`,
    "--listen-peer-urls=http://127.0.0.1:0",
    // The data need not survive the machine, only the process, and that much the page cache does.
    "--unsafe-no-fsync",
    "--log-level=warn",
  ];
}

function kubeArgs(files: ServerFiles, etcdUrl: string, port: number): string[] {
  return [
    `--etcd-servers=${etcdUrl}`,
    "--bind-address=127.0.0.1",
    `--secure-port=${port}`,
    `--tls-cert-file=${files.certificate}`,
    `--tls-private-key-file=${files.key}`,
    `--client-ca-file=${files.ca}`,
    "--authorization-mode=RBAC",
    `--service-account-issuer=${ISSUER}`,
    `--service-account-key-file=${files.accountPublicKey}`,
    `--service-account-signing-key-file=${files.accountPrivateKey}`,
    "--service-cluster-ip-range=10.96.0.0/24",
    // Endpoints must not name loopback, the only address that there is.
    "--endpoint-reconciler-type=none",
  ];
}

/** Waits for `/readyz`; a process that ends meanwhile fails the wait, with the end of its log. */
async function ready(admin: KubeClient, processes: readonly KeptProcess[]): Promise<void> {
  const broken = new AbortController();
  for (const process of processes) {
    process.ended.then(async (how) => {
      const log = (await process.output()).trim().split("\n").slice(-10).join("\n");
      broken.abort(new Error(`${how}:\n${log}`));
    });
  }
  await waitFor("kube-apiserver to be ready", () => isReady(admin), { signal: broken.signal });
}

async function isReady(admin: KubeClient): Promise<boolean> {
  try {
    return await (await admin.send("/readyz")).text() === "ok";
  } catch (error) {
    // Not listening yet, or a check that still fails.
    if (error instanceof TypeError || error instanceof KubeApiError) return false;
    throw error;
  }
}
