import type { FlowMessage } from "../../contracts/flow.ts";

const ROOT = new URL("../../", import.meta.url);

/** The real router in a process of its own, so that it can be killed. */
export class RouterProcess implements AsyncDisposable {
  #process: Deno.ChildProcess;
  readonly port: number;

  private constructor(process: Deno.ChildProcess, port: number) {
    this.#process = process;
    this.port = port;
  }

  /** Starts a router on a port of its own choice and waits until it listens. */
  static async start(): Promise<RouterProcess> {
    const { process, port } = await spawn(0);
    return new RouterProcess(process, port);
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/`;
  }

  /** Ends the process: `SIGKILL` as a crash does, `SIGTERM` as a rollout does. */
  async kill(signal: "SIGKILL" | "SIGTERM"): Promise<void> {
    this.#process.kill(signal);
    await this.#process.status;
  }

  /** Starts it again where it was, after {@linkcode kill}. */
  async restart(): Promise<void> {
    const { process } = await spawn(this.port);
    this.#process = process;
  }

  /** Posts as an emitter does. */
  async post(flowId: string, ...messages: FlowMessage[]): Promise<void> {
    const response = await fetch(
      new URL(`v1/flows/${encodeURIComponent(flowId)}/events`, this.url),
      {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(messages),
      },
    );
    const text = await response.text();
    if (!response.ok) throw new Error(`the router answered ${response.status}: ${text}`);
  }

  async delete(flowId: string): Promise<void> {
    const response = await fetch(new URL(`v1/flows/${encodeURIComponent(flowId)}`, this.url), {
      method: "DELETE",
    });
    await response.body?.cancel();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.kill("SIGKILL");
    } catch (error) {
      // A test may have killed it already.
      if (!(error instanceof TypeError)) throw error;
    }
  }
}

async function spawn(port: number): Promise<{ process: Deno.ChildProcess; port: number }> {
  const process = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--no-prompt",
      "--frozen",
      "--allow-net=127.0.0.1",
      "--allow-env=FLOW_SERVER_*",
      "server/main.ts",
    ],
    cwd: ROOT,
    env: { FLOW_SERVER_LISTEN_ADDR: `127.0.0.1:${port}` },
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  let log = "";
  const listening = Promise.withResolvers<number>();
  // Read to the end: a full pipe would stop the router.
  const reading = (async () => {
    const decoder = new TextDecoder();
    for await (const bytes of process.stdout) {
      log += decoder.decode(bytes, { stream: true });
      const address = /"msg":"listening","addr":"[^"]*:(\d+)"/.exec(log)?.[1];
      if (address !== undefined) listening.resolve(Number(address));
    }
  })();
  reading.then(
    () => listening.reject(new Error(`the router ended before it listened: ${log}`)),
    listening.reject,
  );
  return { process, port: await listening.promise };
}
