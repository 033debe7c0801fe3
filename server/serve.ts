import { createAdaptorServer } from "@hono/node-server";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { formatListenAddress, type ListenAddress } from "../contracts/listen_address.ts";
import type { Logger } from "../contracts/logger.ts";
import { createApp } from "./app.ts";
import type { ServerConfig } from "./config.ts";
import { FlowRegistry } from "./log/flow_registry.ts";
import { Router } from "./router.ts";
import type { Asset } from "./routes/ui.ts";
import { FanOut } from "./stream/fan_out.ts";
import { systemTimers } from "./stream/system_timers.ts";

/** Bytes of messages that each flow keeps for replay, beside the limit by count. */
const RING_BYTES = 16 * 1024 * 1024;
/** A client that has not sent its request's head or body by then is answered 408. */
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;
/** How long last words may take at the end; with them the process is gone within a second. */
const GRACE_MS = 300;

/** A router that listens. */
export interface RunningServer {
  /** Where it listens; the port is the real one when 0 was asked for. */
  readonly address: ListenAddress;
  /** Ends all streams with a hint to come back, finishes what is being answered, and closes. */
  stop(): Promise<void>;
}

/**
 * Starts a router.
 *
 * @throws {Error} when the address cannot be had
 */
export async function serve(
  config: ServerConfig,
  logger: Logger,
  assets: ReadonlyMap<string, Asset>,
): Promise<RunningServer> {
  let draining = false;
  const limits = { frames: config.ringCapacity, bytes: RING_BYTES };
  const flows = new FlowRegistry(limits, (bytes) => crypto.getRandomValues(bytes));
  const fanOut = new FanOut(systemTimers, Math.random);
  const router = new Router(flows, fanOut, Date.now);
  const app = createApp({ router, assets, logger, draining: () => draining });
  const server = createAdaptorServer({
    fetch: app.fetch,
    // Stands in for a missing Host header, which HTTP/1.0 allows.
    hostname: config.listen.hostname,
    overrideGlobalObjects: false,
    createServer,
    serverOptions: { headersTimeout: HEADERS_TIMEOUT_MS, requestTimeout: REQUEST_TIMEOUT_MS },
  }) as ReturnType<typeof createServer>;

  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host: config.listen.hostname, port: config.listen.port }, resolve);
  });
  const address = {
    hostname: config.listen.hostname,
    port: (server.address() as AddressInfo).port,
  };
  logger("INFO", "listening", {
    addr: formatListenAddress(address),
    ringCapacity: config.ringCapacity,
  });

  return {
    address,
    async stop() {
      draining = true;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      logger("INFO", "shutting down", { streams: fanOut.subscribers() });
      fanOut.close(GRACE_MS);
      server.closeIdleConnections();
      const cancel = systemTimers.after(2 * GRACE_MS, () => server.closeAllConnections());
      await closed;
      cancel();
    },
  };
}
