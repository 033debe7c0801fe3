/**
 * What the cluster tests and the charts need, and how each is recognised and built. The versions
 * stand in the `go.mod` of each tool's folder; one folder a tool, because etcd, Helm and Kubernetes
 * want different versions of the same modules.
 */

/** A program that is built from a Go module. */
export interface GoTool {
  /** Name of the binary, on `PATH` and in the cache. */
  readonly name:
    | "kube-apiserver"
    | "kube-controller-manager"
    | "etcd"
    | "helm"
    | "actionlint"
    | "helm-controller"
    | "notification-controller";
  /** Folder beside this file that holds its `go.mod` and `go.sum`. */
  readonly folder: string;
  /** The Go module whose version is the tool's version. */
  readonly module: string;
  /** Its main package. */
  readonly package: string;
  /** A binary found on the machine is taken from this release on. */
  readonly oldest: string;
  /**
   * Arguments that make the binary print its version and exit. Without them it has no way to say:
   * then one from outside is never taken, and a built one is proved by what Go wrote into it.
   */
  readonly versionArgs?: readonly string[];
  /** Tools that are made only when asked for: by name, or by the flag of this name. */
  readonly group?: "flux";
  /** String variables for the linker (`-X`), for a binary that says its version; `v1.36.3` is given. */
  readonly stamp: (version: string) => Readonly<Record<string, string>>;
}

/**
 * Version of a Kubernetes binary. Unstamped it says v0.0.0-master+$Format:%H$, and clients that
 * compare versions go astray.
 */
function kubernetesStamp(version: string): Readonly<Record<string, string>> {
  const [major = "", minor = ""] = version.replace(/^v/, "").split(".");
  return {
    "k8s.io/component-base/version.gitVersion": version,
    "k8s.io/component-base/version.gitMajor": major,
    "k8s.io/component-base/version.gitMinor": minor,
    "k8s.io/component-base/version.gitTreeState": "clean",
  };
}

export const GO_TOOLS: readonly GoTool[] = [
  {
    // 3.6 is the minor release that Kubernetes 1.36 pins for itself (build/dependencies.yaml).
    name: "etcd",
    folder: "etcd",
    module: "go.etcd.io/etcd/server/v3",
    package: "go.etcd.io/etcd/server/v3",
    oldest: "3.6.0",
    versionArgs: ["--version"],
    stamp: () => ({}),
  },
  {
    name: "kube-apiserver",
    folder: "kube",
    module: "k8s.io/kubernetes",
    package: "k8s.io/kubernetes/cmd/kube-apiserver",
    oldest: "1.36.0",
    versionArgs: ["--version"],
    stamp: kubernetesStamp,
  },
  {
    name: "kube-controller-manager",
    folder: "kube",
    module: "k8s.io/kubernetes",
    package: "k8s.io/kubernetes/cmd/kube-controller-manager",
    oldest: "1.36.0",
    versionArgs: ["--version"],
    stamp: kubernetesStamp,
  },
  {
    // Helm 4, because that is what Flux 2.9 renders charts with (helm-controller 1.6 requires
    // helm.sh/helm/v4), and the last line of Helm 3 ends in November 2026.
    name: "helm",
    folder: "helm",
    module: "helm.sh/helm/v4",
    package: "helm.sh/helm/v4/cmd/helm",
    oldest: "4.0.0",
    versionArgs: ["version", "--short"],
    stamp: (version) => ({ "helm.sh/helm/v4/internal/version.version": version }),
  },
  {
    name: "actionlint",
    folder: "actionlint",
    module: "github.com/rhysd/actionlint",
    package: "github.com/rhysd/actionlint/cmd/actionlint",
    oldest: "1.7.0",
    versionArgs: ["-version"],
    stamp: (version) => ({ "github.com/rhysd/actionlint.version": version }),
  },
  {
    // Flux ships it with Helm as patched by Flux (a `replace` in its go.mod), in a module that is
    // not reachable from every network. Here it is built with the release of Helm that it requires.
    name: "helm-controller",
    folder: "helm-controller",
    module: "github.com/fluxcd/helm-controller",
    package: "github.com/fluxcd/helm-controller",
    oldest: "1.6.0",
    stamp: () => ({}),
    group: "flux",
  },
  {
    name: "notification-controller",
    folder: "notification-controller",
    module: "github.com/fluxcd/notification-controller",
    package: "github.com/fluxcd/notification-controller",
    oldest: "1.9.0",
    stamp: () => ({}),
    group: "flux",
  },
];

/** A Go module that is taken for the CRD manifests that it carries. */
export interface CrdModule {
  readonly path: string;
  readonly version: string;
  /** The module's hash as in a `go.sum`: holds even where the checksum database is switched off. */
  readonly sum: string;
}

/** Where a module scaffolded by controller-gen keeps its CRDs. */
export const CRD_FOLDER = "config/crd/bases";

export const CRD_MODULES: readonly CrdModule[] = [
  {
    path: "github.com/fluxcd/helm-controller",
    version: "v1.6.3",
    sum: "h1:MSiDP/s8xRSkO3g11vBiDStxfmJ5ZVdwDEpW7BSE/UA=",
  },
  {
    // HelmCharts: helm-controller 1.6.3 wants source-controller v1.9 (its go.mod and kustomization).
    path: "github.com/fluxcd/source-controller",
    version: "v1.9.3",
    sum: "h1:Zj1gfvK/2MFIm/K3vh5fSHoJBoggLKMuLWf5ZEmaF0w=",
  },
  {
    // Providers and Alerts.
    path: "github.com/fluxcd/notification-controller",
    version: "v1.9.2",
    sum: "h1:K/l3aovY48rtFoFKF+begn+SSn6vWZY2M3snP4dBylk=",
  },
  {
    // Stories, runs and transports: what operator and hub work on, and what bobrapet installs.
    path: "github.com/bubustack/bobrapet",
    version: "v0.1.13",
    sum: "h1:7svHGLDsZ6Y3pT4IfP/pT6AuADqM+N0Ani79cZdaj6w=",
  },
];
