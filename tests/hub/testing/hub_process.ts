import { type Authority, createAuthority, type KeyPair } from "../../cluster/x509.ts";
import { writeCertificate } from "./test_hub.ts";

/** What Deno needs to find its cache when the environment is otherwise empty. */
export const CACHE: Record<string, string> = Object.fromEntries(
  ["DENO_DIR", "HOME"].map((name) => [name, Deno.env.get(name) ?? ""]),
);

/** The command of a task, so that tests run under its very permissions. */
async function taskArguments(task: string): Promise<string[]> {
  const config = new URL("../../../deno.json", import.meta.url);
  const { tasks } = JSON.parse(await Deno.readTextFile(config));
  const words = (tasks[task].command as string).match(/'[^']*'|\S+/g) ?? [];
  return words.slice(1).map((word) => word.replaceAll("'", ""));
}

export async function runHub(
  args: string[],
  env: Record<string, string> = {},
  task: "hub" | "connector" = "hub",
  /** For Deno itself, such as its inspector. */
  flags: readonly string[] = [],
): Promise<Deno.ChildProcess> {
  const [run, ...rest] = await taskArguments(task);
  return new Deno.Command(Deno.execPath(), {
    args: [run!, ...flags, ...rest, ...args],
    env,
    clearEnv: true,
    cwd: new URL("../../../", import.meta.url),
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** A hub as a process of its own. */
export interface HubProcess extends AsyncDisposable {
  readonly child: Deno.ChildProcess;
  readonly running: { readonly port: number; readonly httpPort: number };
  readonly authority: Authority;
  certificate(): KeyPair;
  /** What it has logged so far. */
  log(): string;
  /** The address of the inspector's WebSocket, when it was asked for. */
  readonly inspector: string | undefined;
}

/**
 * Starts a hub with these stories, and waits until it listens.
 *
 * @param authority of a hub before it, whose clients are to know this one
 */
export async function startHubProcess(
  stories: string,
  env: Record<string, string> = {},
  authority: Authority = createAuthority("Headrace test"),
  flags: readonly string[] = [],
): Promise<HubProcess> {
  const folder = await Deno.makeTempDir({ prefix: "headrace-hub-" });
  await writeCertificate(folder, authority);
  await Deno.writeTextFile(`${folder}/stories.yaml`, stories);
  const settings = {
    ...CACHE,
    HUB_LISTEN_ADDR: "127.0.0.1:0",
    HUB_HTTP_LISTEN_ADDR: "127.0.0.1:0",
    HUB_STORIES_FILE: `${folder}/stories.yaml`,
    BUBU_HUB_TLS_CERT_FILE: `${folder}/tls.crt`,
    BUBU_HUB_TLS_KEY_FILE: `${folder}/tls.key`,
    BUBU_HUB_CA_FILE: `${folder}/ca.crt`,
    ...env,
  };
  const child = await runHub([], settings, "hub", flags);
  let log = "";
  const listening = Promise.withResolvers<{ port: number; httpPort: number }>();
  const reading = Promise.all([child.stdout, child.stderr].map(async (stream) => {
    for await (const text of stream.pipeThrough(new TextDecoderStream())) {
      log += text;
      const found = /"addr":"[^"]*:(\d+)","http":"[^"]*:(\d+)"/.exec(log);
      if (found) listening.resolve({ port: Number(found[1]), httpPort: Number(found[2]) });
    }
  }));
  void child.status.then(() => listening.reject(new Error(`the hub ended: ${log}`)));
  return {
    child,
    running: await listening.promise,
    authority,
    certificate: () =>
      authority.issue({
        commonName: "engram",
        usage: "client",
        dnsNames: ["*.demo.svc.cluster.local"],
      }),
    log: () => log,
    inspector: /ws:\/\/127\S+/.exec(log)?.[0],
    async [Symbol.asyncDispose]() {
      try {
        child.kill("SIGKILL");
      } catch (error) {
        // It ended by itself: what the test is about has said so.
        if (!(error instanceof TypeError)) throw error;
      }
      await child.status;
      await reading;
      await Deno.remove(folder, { recursive: true });
    },
  };
}
