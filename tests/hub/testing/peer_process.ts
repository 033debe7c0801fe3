import type { StreamingSettings } from "../../../contracts/transport/streaming_settings.ts";
import { CACHE, runHub } from "./hub_process.ts";
import { freePort } from "../../cluster/free_port.ts";
import { connectorEnvironment } from "./test_connector.ts";
import type { TestHub } from "./test_hub.ts";

/** The connector of one step, as a process that can be killed and started again. */
export interface PeerProcess extends AsyncDisposable {
  /** Where the engram, and where the steps before connect. */
  readonly port: number;
  readonly peerPort: number;
  /** What it has logged so far. */
  log(): string;
  kill(): Promise<void>;
  /** Starts it on the same addresses; returns when it listens. */
  start(): Promise<void>;
}

/**
 * Starts a connector of step `step`, with a certificate that speaks for this step alone.
 *
 * @param next the connector that its packets go to; without one they go to the hub
 */
export async function startPeer(
  hub: TestHub,
  step: string,
  settings: StreamingSettings,
  next?: { readonly step: string; readonly port: number },
  overrides: Record<string, string> = {},
): Promise<PeerProcess> {
  const peerPort = freePort();
  const { env, port } = await connectorEnvironment(
    hub.folder,
    hub.authority,
    step,
    next?.port ?? hub.running.port,
    settings,
  );
  const all: Record<string, string> = {
    ...CACHE,
    ...env,
    CONNECTOR_PEER_LISTEN_ADDR: `127.0.0.1:${peerPort}`,
    ...next && {
      CONNECTOR_ROUTING: "p2p",
      BUBU_GRPC_HUB_SERVER_NAME: `voice-1-${next.step}.demo.svc.cluster.local`,
    },
    ...overrides,
  };
  let log = "";
  let child: Deno.ChildProcess;
  let reading: Promise<unknown> = Promise.resolve();
  const peer: PeerProcess = {
    port,
    peerPort,
    log: () => log,
    async start() {
      log = "";
      child = await runHub([], all, "connector");
      const listening = Promise.withResolvers<void>();
      reading = Promise.all([child.stdout, child.stderr].map(async (stream) => {
        for await (const text of stream.pipeThrough(new TextDecoderStream())) {
          log += text;
          if (log.includes("connector listens")) listening.resolve();
        }
      }));
      void child.status.then(() => listening.reject(new Error(`the connector ended: ${log}`)));
      await listening.promise;
    },
    async kill() {
      try {
        child.kill("SIGKILL");
      } catch (error) {
        // It ended by itself: what the test is about has said so.
        if (!(error instanceof TypeError)) throw error;
      }
      await child.status;
      await reading;
    },
    async [Symbol.asyncDispose]() {
      await peer.kill();
    },
  };
  await peer.start();
  return peer;
}
