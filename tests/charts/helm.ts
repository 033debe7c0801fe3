/** The real Helm, away from the user's own configuration, on a copy of the charts. */
import { load } from "js-yaml";
import { run } from "../tools/command.ts";
import type { KubeObject } from "../cluster/kube_object.ts";
import { findTools } from "../tools/tools.ts";

const REPOSITORY = new URL("../../", import.meta.url).pathname;

/** What stands in for upstream charts, which cannot be fetched everywhere. */
const STAND_INS: Readonly<Record<string, string>> = {
  "bp-stunner": "stunner-gateway-operator",
  "bp-knative": "knative-operator",
  "bp-kserve": "kserve",
};

/** What Helm said. */
export interface Said {
  readonly ok: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

/** How a chart is rendered. */
export interface RenderOptions {
  readonly release?: string;
  readonly namespace?: string;
  /** API versions of the cluster beside those that Helm knows. */
  readonly apiVersions?: readonly string[];
}

/** Runs Helm. Disposing removes its files. */
export interface Helm extends AsyncDisposable {
  /** Folder of a chart with its dependencies in place. */
  chart(name: string): string;
  /** Runs `helm` with these arguments. */
  run(...args: readonly string[]): Promise<Said>;
  /** `helm template`. */
  template(chart: string, values: unknown, options?: RenderOptions): Promise<Said>;
  /** Writes values into a file and gives its path. */
  values(values: unknown): Promise<string>;
}

/**
 * Copies the charts into a temporary folder and puts their dependencies in place: those of ours by
 * `helm dependency build`, those from upstream as stand-ins.
 *
 * @throws {ToolsError} `tools-missing` when `deno task tools` has not run
 */
export async function createHelm(): Promise<Helm> {
  const { binaries } = await findTools(["helm"]);
  const folder = await Deno.makeTempDir({ prefix: "headrace-charts-" });
  let files = 0;
  const helm: Helm = {
    chart: (name) => `${folder}/charts/${name}`,
    async run(...args) {
      const { status, stdout, stderr } = await run(
        "sh",
        ["-c", 'exec "$0" "$@"', binaries.helm, ...args],
        {
          cwd: folder,
          env: {
            HELM_CACHE_HOME: `${folder}/cache`,
            HELM_CONFIG_HOME: `${folder}/config`,
            HELM_DATA_HOME: `${folder}/data`,
            KUBECONFIG: "/dev/null",
            NO_COLOR: "1",
          },
        },
      );
      return { ok: status === 0, stdout, stderr };
    },
    async template(chart, values, options = {}) {
      const { release = "rollout", namespace = "headrace", apiVersions = [] } = options;
      return await helm.run(
        "template",
        release,
        helm.chart(chart),
        `--namespace=${namespace}`,
        `--values=${await helm.values(values)}`,
        ...apiVersions.map((version) => `--api-versions=${version}`),
      );
    },
    async values(values) {
      const path = `${folder}/values-${files++}.json`;
      await Deno.writeTextFile(path, JSON.stringify(values));
      return path;
    },
    async [Symbol.asyncDispose]() {
      await Deno.remove(folder, { recursive: true });
    },
  };
  try {
    await copyFolder(`${REPOSITORY}charts`, `${folder}/charts`);
    for (const chart of ["headrace-server", "headrace-adapter", "headrace-operator"]) {
      const { ok, stderr } = await helm.run("dependency", "build", helm.chart(chart));
      if (!ok) throw new Error(`helm dependency build ${chart}: ${stderr}`);
    }
    for (const [chart, subchart] of Object.entries(STAND_INS)) {
      await copyFolder(
        `${import.meta.dirname}/stand_ins/${subchart}`,
        `${helm.chart(chart)}/charts/${subchart}`,
      );
    }
  } catch (error) {
    await helm[Symbol.asyncDispose]();
    throw error;
  }
  return helm;
}

async function copyFolder(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for await (const entry of Deno.readDir(from)) {
    const [source, target] = [`${from}/${entry.name}`, `${to}/${entry.name}`];
    if (entry.isDirectory) await copyFolder(source, target);
    else await Deno.copyFile(source, target);
  }
}

/** The objects in rendered manifests. */
export function objectsIn(manifests: string): KubeObject[] {
  return manifests
    .split(/^---$/m)
    // A document of comments alone is none.
    .filter((text) => /^[^#\s]/m.test(text))
    .map((text) => load(text) as KubeObject);
}
