import type { FlowMessage } from "../../contracts/flow.ts";
import { parseMetrics, type Samples } from "./metrics_text.ts";
import { taskFlags } from "../compile/task_flags.ts";

/** What Deno itself has to say at the start: its inspector, a box about packages' build scripts. */
const DENO_SAYS = /^(Visit chrome:|Debugger session |[╭│╰])/;

const ROOT = new URL("../../", import.meta.url);

/** One line of the router's log. */
export interface LogLine {
  readonly level: string;
  readonly msg: string;
  readonly [attribute: string]: unknown;
}

export interface RouterOptions {
  /** Settings by their name without `FLOW_SERVER_`, such as `STUCK_TIMEOUT`. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Bearer tokens with all permissions; access control is on when there are any. */
  readonly tokens?: readonly string[];
  /** Further environment, which is for Deno and not for the router. */
  readonly env?: Readonly<Record<string, string>>;
  /** Opens V8's inspector, which is no part of what the task allows. */
  readonly inspect?: boolean;
}

/**
 * The router in a process of its own, with the permissions of `deno task server` and no others, on
 * a port of 127.0.0.1 that it keeps when it is started again.
 */
export class RouterProcess implements AsyncDisposable {
  readonly #options: RouterOptions;
  readonly #flags: readonly string[];
  /** The working directory, in which `access/` is what the permissions mean. */
  readonly #folder: string;
  #child: Deno.ChildProcess | undefined;
  #reading: Promise<unknown> = Promise.resolve();
  #port = 0;
  #inspector: string | undefined;
  /** Log lines of all incarnations. */
  readonly log: LogLine[] = [];
  /** What stands on standard error, where nothing should. */
  complaints = "";

  private constructor(options: RouterOptions, flags: readonly string[], folder: string) {
    this.#options = options;
    this.#flags = flags;
    this.#folder = folder;
  }

  /** Starts a router and waits until it listens. */
  static async start(options: RouterOptions = {}): Promise<RouterProcess> {
    const config = JSON.parse(await Deno.readTextFile(new URL("deno.json", ROOT)));
    const folder = await Deno.makeTempDir({ prefix: "headrace-router-" });
    await Deno.mkdir(`${folder}/access`);
    if (options.tokens !== undefined) {
      const rules = await accessRules(options.tokens);
      await Deno.writeTextFile(`${folder}/access/access.json`, JSON.stringify(rules));
    }
    const router = new RouterProcess(options, taskFlags(config, "server"), folder);
    try {
      await router.#spawn();
    } catch (error) {
      await router[Symbol.asyncDispose]();
      throw error;
    }
    return router;
  }

  get port(): number {
    return this.#port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** The address of the inspector's WebSocket, when it was asked for. */
  get inspector(): string {
    if (this.#inspector === undefined) throw new Error("the router has no inspector");
    return this.#inspector;
  }

  get running(): boolean {
    return this.#child !== undefined;
  }

  /** Log lines that tell of a failure nobody foresaw. */
  get failures(): LogLine[] {
    return this.log.filter(({ level }) => level === "ERROR");
  }

  /** Ends the process, `SIGKILL` as a crash does and `SIGTERM` as a rollout does. */
  async kill(signal: "SIGKILL" | "SIGTERM"): Promise<Deno.CommandStatus> {
    const child = this.#child;
    if (child === undefined) throw new Error("the router does not run");
    child.kill(signal);
    const status = await child.status;
    await this.#reading;
    return status;
  }

  /** Stops the process in its tracks: it holds its connections and says nothing, as a hung one does. */
  freeze(): void {
    this.#child?.kill("SIGSTOP");
  }

  /** Lets it go on after {@linkcode freeze}, as if nothing had been. */
  thaw(): void {
    this.#child?.kill("SIGCONT");
  }

  /** Starts it again where it was, after {@linkcode kill}. */
  async restart(): Promise<void> {
    await this.#spawn();
  }

  /** What `/metrics` says now. */
  async metrics(): Promise<Samples> {
    const response = await fetch(`${this.url}/metrics`, { headers: this.#authorization() });
    return parseMetrics(await ok(response));
  }

  /** Posts as an emitter does, in one batch. */
  async post(flowId: string, ...messages: FlowMessage[]): Promise<{ seq: number; epoch: string }> {
    const response = await fetch(`${this.url}/v1/flows/${encodeURIComponent(flowId)}/events`, {
      method: "POST",
      headers: { "Content-Type": "application/json", ...this.#authorization() },
      body: JSON.stringify(messages),
    });
    return JSON.parse(await ok(response));
  }

  /** The flow's snapshot with its cursor, or undefined when nothing was posted to it. */
  async snapshot(flowId: string): Promise<{ cursor: string; message: FlowMessage } | undefined> {
    const response = await fetch(`${this.url}/v1/flows/${encodeURIComponent(flowId)}/snapshot`, {
      headers: this.#authorization(),
    });
    if (response.status === 404) return void await response.body?.cancel();
    const message = JSON.parse(await ok(response));
    return { cursor: response.headers.get("ETag")!.slice(1, -1), message };
  }

  /** Ids of all flows. */
  async flowIds(): Promise<string[]> {
    const response = await fetch(`${this.url}/v1/flows`, { headers: this.#authorization() });
    const { flows } = JSON.parse(await ok(response));
    return flows.map(({ id }: { id: string }) => id);
  }

  async delete(flowId: string): Promise<void> {
    await ok(
      await fetch(`${this.url}/v1/flows/${encodeURIComponent(flowId)}`, {
        method: "DELETE",
        headers: this.#authorization(),
      }),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.running) await this.kill("SIGKILL");
    await Deno.remove(this.#folder, { recursive: true });
  }

  #authorization(): Record<string, string> {
    const token = this.#options.tokens?.[0];
    return token === undefined ? {} : { Authorization: `Bearer ${token}` };
  }

  async #spawn(): Promise<void> {
    const { settings = {}, tokens, inspect = false } = this.#options;
    const env: Record<string, string> = {
      ...this.#options.env,
      NO_COLOR: "1",
      FLOW_SERVER_LISTEN_ADDR: `127.0.0.1:${this.#port}`,
      ...tokens && { FLOW_SERVER_ACCESS_FILE: "access/access.json" },
    };
    for (const [name, value] of Object.entries(settings)) env[`FLOW_SERVER_${name}`] = value;
    const child = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--no-prompt",
        "--frozen",
        "--cached-only",
        `--config=${new URL("deno.json", ROOT).pathname}`,
        // Quiet, it would not say where its inspector listens.
        inspect ? "--inspect=127.0.0.1:0" : "--quiet",
        ...this.#flags,
        new URL("server/main.ts", ROOT).pathname,
      ],
      cwd: this.#folder,
      env,
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#child = child;
    const listening = Promise.withResolvers<void>();
    // Both to the end: a full pipe would stop the router.
    this.#reading = Promise.all([
      eachLine(child.stdout, (text) => {
        const line = JSON.parse(text);
        this.log.push(line);
        if (line.msg === "listening") {
          this.#port = Number(String(line.addr).split(":").at(-1));
          listening.resolve();
        }
      }),
      eachLine(child.stderr, (text) => {
        const address = /^Debugger listening on (ws:\S+)$/.exec(text)?.[1];
        if (address !== undefined) this.#inspector = address;
        else if (!DENO_SAYS.test(text)) this.complaints += `${text}\n`;
      }),
    ]).finally(() => {
      this.#child = undefined;
      listening.reject(new Error(`the router ended: ${this.complaints}${this.#lastWords()}`));
    });
    await listening.promise;
  }

  #lastWords(): string {
    return JSON.stringify(this.log.at(-1));
  }
}

async function eachLine(
  bytes: ReadableStream<Uint8Array<ArrayBuffer>>,
  use: (line: string) => void,
): Promise<void> {
  let rest = "";
  for await (const text of bytes.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    lines.forEach(use);
  }
  if (rest !== "") use(rest);
}

async function accessRules(tokens: readonly string[]): Promise<unknown> {
  const allow = [{ actions: ["read", "write"], flows: ["*"] }];
  return {
    tokens: await Promise.all(tokens.map(async (token, i) => {
      const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(token));
      return { name: `token ${i}`, sha256: new Uint8Array(hash).toHex(), allow };
    })),
  };
}

/** The body of an answer that went well. */
async function ok(response: Response): Promise<string> {
  const text = await response.text();
  if (!response.ok) throw new Error(`${response.url} answered ${response.status}: ${text}`);
  return text;
}
