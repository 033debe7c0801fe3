/** The product's own programs, each a process of its own with the permissions of its task. */
import { taskFlags } from "../compile/task_flags.ts";
import { freePort } from "./free_port.ts";
import type { Keeper, KeptProcess } from "./keeper.ts";
import { waitFor } from "./wait_for.ts";

/** A program that can be ended in any way and started again with the same settings. */
export interface Program {
  /** Of its present life. */
  readonly pid: number;
  start(): Promise<void>;
  /** Sends a signal and does not wait: SIGSTOP freezes, SIGCONT thaws. */
  signal(signal: Deno.Signal): void;
  /** Sends a signal and waits for the end. */
  stop(signal: Deno.Signal): Promise<void>;
  /** Every line that it has logged, in all its lives. */
  logs(): Promise<readonly Record<string, unknown>[]>;
}

/** A flow router. */
export interface Router extends Program {
  /** Base URL, the same in all its lives. */
  readonly url: string;
}

/** An adapter. */
export interface Adapter extends Program {
  readonly name: string;
  /** Base URL of its probes. */
  readonly health: string;
}

/** What an adapter is told. */
export interface AdapterSettings {
  readonly router: string;
  readonly flowId: string;
  readonly region: string;
  /** Path of a kubeconfig file. */
  readonly kubeconfig: string;
  /** Tells it from another adapter of its region. */
  readonly name?: string;
  /** Further variables, which win. */
  readonly env?: Readonly<Record<string, string>>;
}

const ROOT = new URL("../../", import.meta.url).pathname;

/** Starts a router and waits until it is ready. */
export async function startRouter(keeper: Keeper): Promise<Router> {
  const address = `127.0.0.1:${freePort()}`;
  const program = await startProgram(keeper, {
    name: "router",
    task: "server",
    main: "server/main.ts",
    env: { FLOW_SERVER_LISTEN_ADDR: address },
    probe: `http://${address}/readyz`,
  });
  return Object.assign(program, { url: `http://${address}` });
}

/** Starts an adapter and waits until it is ready: it has read its cluster and reached the router. */
export async function startAdapter(keeper: Keeper, settings: AdapterSettings): Promise<Adapter> {
  const health = `127.0.0.1:${freePort()}`;
  const { region, name = region } = settings;
  const program = await startProgram(keeper, {
    name: `adapter-${name}`,
    task: "adapter",
    main: "adapter/main.ts",
    env: {
      FLOW_SERVER_URL: settings.router,
      FLOW_ID: settings.flowId,
      REGION_KEY: region,
      KUBECONFIG: settings.kubeconfig,
      HEALTH_LISTEN_ADDR: health,
      LEASE_NAMESPACE: "flux-system",
      // A killed adapter finds its own lease still held when it is back.
      LEASE_DURATION: "3s",
      POD_NAME: name,
      ...settings.env,
    },
    probe: `http://${health}/readyz`,
  });
  return Object.assign(program, { name, health: `http://${health}` });
}

/** What a program is started with. */
export interface ProgramSettings {
  readonly name: string;
  /** The task in `deno.json` whose permissions it gets. */
  readonly task: string;
  readonly main: string;
  readonly args?: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** URL that answers 200 when it is ready. */
  readonly probe: string;
}

/** Starts a program and waits until its probe answers 200. */
export async function startProgram(keeper: Keeper, settings: ProgramSettings): Promise<Program> {
  const { name, task, main, env, probe, args: own = [] } = settings;
  const config = JSON.parse(await Deno.readTextFile(`${ROOT}deno.json`));
  // A flag with a * is quoted for the shell that tasks run in; here is no shell.
  const flags = taskFlags(config, task).map((flag) => flag.replaceAll("'", ""));
  const args = ["run", "--no-prompt", "--frozen", ...flags, main, ...own];
  let process: KeptProcess;
  const program: Program = {
    get pid() {
      return process.pid;
    },
    async start() {
      process = keeper.start({ name, program: Deno.execPath(), args, env, cwd: ROOT });
      const ended = new AbortController();
      process.ended.then(async (how) => {
        ended.abort(new Error(`${how}:\n${(await process.output()).slice(-2_000)}`));
      });
      await waitFor(`${name} to be ready`, () => answers(probe), {
        signal: ended.signal,
        describe: async () => (await process.output()).slice(-2_000),
      });
    },
    signal: (signal) => process.signal(signal),
    stop: (signal) => process.stop(signal),
    async logs() {
      const lines = (await process.output()).split("\n");
      return lines.filter((line) => line.startsWith("{")).map((line) => JSON.parse(line));
    },
  };
  await program.start();
  return program;
}

async function answers(probe: string): Promise<boolean> {
  try {
    const response = await fetch(probe);
    await response.body?.cancel();
    return response.ok;
  } catch (error) {
    if (error instanceof TypeError) return false;
    throw error;
  }
}
