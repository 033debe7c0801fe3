/** The product's programs, started with what a chart put into a pod. */
import { taskFlags } from "../compile/task_flags.ts";
import type { Keeper, KeptProcess } from "../cluster/keeper.ts";
import type { KubeObject } from "../cluster/kube_object.ts";
import { waitFor } from "../cluster/wait_for.ts";

const ROOT = new URL("../../", import.meta.url).pathname;

/** The part of a container that a program is started with. */
export interface Container {
  readonly name: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly env?: readonly {
    readonly name: string;
    readonly value?: string;
    readonly valueFrom?: { readonly fieldRef: { readonly fieldPath: string } };
  }[];
}

/** The one container of a pod. */
export function containerOf(pod: KubeObject): Container {
  const [container, ...more] = (pod.spec as { containers: Container[] }).containers;
  if (container === undefined || more.length > 0) throw new Error("not one container");
  return container;
}

/** The environment that the kubelet would give a container, with some values replaced. */
export function environmentOf(
  pod: KubeObject,
  replaced: Readonly<Record<string, string>>,
): Record<string, string> {
  const entries = (containerOf(pod).env ?? []).map(({ name, value, valueFrom }) => {
    if (valueFrom === undefined) return [name, value ?? ""];
    const { fieldPath } = valueFrom.fieldRef;
    if (fieldPath !== "metadata.name") throw new Error(`no value for ${fieldPath}`);
    return [name, pod.metadata.name];
  });
  const env: Record<string, string> = {};
  // A value may name variables before it.
  for (const [name, value] of entries) {
    env[String(name)] = String(value).replace(/\$\((\w+)\)/g, (whole, of) => env[of] ?? whole);
  }
  return { ...env, ...replaced };
}

/** What a program is started with. */
export interface ProgramOptions {
  readonly name: string;
  /** The task whose permissions it has. */
  readonly task: "server" | "adapter" | "operator" | "hub";
  readonly args?: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** A folder that is mounted somewhere else than in a pod. */
  readonly mounted?: { readonly at: string; readonly from: string };
  /** URL that answers 200 when it is ready. */
  readonly probe: string;
}

/** Starts a program with the permissions of its task and waits until it is ready. */
export async function startProgram(keeper: Keeper, options: ProgramOptions): Promise<KeptProcess> {
  const { name, task, args = [], env, mounted, probe } = options;
  const config = JSON.parse(await Deno.readTextFile(`${ROOT}deno.json`));
  const flags = taskFlags(config, task).map((flag) =>
    mounted === undefined ? flag : flag.replace(mounted.at, mounted.from)
  );
  const process = keeper.start({
    name,
    program: Deno.execPath(),
    args: ["run", "--no-prompt", "--frozen", ...flags, `${task}/main.ts`, ...args],
    env,
    cwd: ROOT,
  });
  const ended = new AbortController();
  process.ended.then(async (how) => {
    ended.abort(new Error(`${how}:\n${(await process.output()).slice(-2_000)}`));
  });
  await waitFor(`${name} to be ready`, () => answers(probe), {
    signal: ended.signal,
    describe: async () => (await process.output()).slice(-2_000),
  });
  return process;
}

async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url);
    await response.body?.cancel();
    return response.ok;
  } catch (error) {
    if (error instanceof TypeError) return false;
    throw error;
  }
}

/** Runs the program of a `helm test` pod, with addresses and paths of this machine. */
export async function runTestPod(
  keeper: Keeper,
  pod: KubeObject,
  replaced: Readonly<Record<string, string>>,
): Promise<{ readonly ok: boolean; readonly output: string }> {
  const { command = [], args = [] } = containerOf(pod);
  const [program, ...rest] = [...command, ...args].map((word) =>
    Object.entries(replaced).reduce((text, [from, to]) => text.replaceAll(from, to), word)
  );
  if (program !== "deno") throw new Error(`the test pod runs ${program}`);
  const process = keeper.start({
    name: `${pod.metadata.name}-${performance.now()}`,
    program: Deno.execPath(),
    args: rest,
    cwd: keeper.folder,
  });
  const how = await process.ended;
  return { ok: how.endsWith("status 0"), output: await process.output() };
}
