import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { formatListenAddress, type ListenAddress } from "../contracts/listen_address.ts";
import type { Logger } from "../contracts/logger.ts";
import { Access } from "./access/access.ts";
import { type AppContext, createApp } from "./app.ts";
import type { ServerConfig } from "./config.ts";
import { SlowClients } from "./http/slow_clients.ts";
import { refuseExpectation, requestListener } from "./listener.ts";
import { releaseSockets } from "./http/release_sockets.ts";
import { FlowRegistry } from "./log/flow_registry.ts";
import { Metrics } from "./metrics.ts";
import { Router } from "./router.ts";
import type { Asset } from "./ui/assets.ts";
import { Connections } from "./stream/connections.ts";
import { FanOut } from "./stream/fan_out.ts";
import { systemTimers } from "./stream/system_timers.ts";

/** How often idle flows are looked for. */
const SWEEP_MS = 60_000;
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
  const metrics = new Metrics();
  const ring = { frames: config.ringCapacity, bytes: config.ringBytes };
  const flows = new FlowRegistry({ ...config, ring }, (bytes) => crypto.getRandomValues(bytes));
  const connections = new Connections(systemTimers, Math.random, config, metrics);
  const fanOut = new FanOut(systemTimers, connections, config.writeBytes, metrics);
  metrics.observe(flows, connections);
  const router = new Router(flows, fanOut, connections, config, Date.now);
  const access = config.accessFile === undefined
    ? undefined
    : await Access.open(config.accessFile, { readFile: Deno.readTextFile, now: Date.now });
  const slowClients = new SlowClients(systemTimers, config, metrics);
  const context: AppContext = {
    router,
    slowClients,
    config,
    access,
    assets,
    logger,
    metrics,
    now: Date.now,
    monotonic: systemTimers.now,
    draining: () => draining,
  };
  const server = createServer({
    maxHeaderSize: config.maxHeaderBytes,
    // The head is part of the request; node:http takes no other order of the two.
    headersTimeout: Math.min(config.headerTimeout, config.requestTimeout),
    requestTimeout: config.requestTimeout,
    keepAliveTimeout: config.idleTimeout,
    // The listener refuses one without, and says why.
    requireHostHeader: false,
    // How often the two are looked at; the default of 30 s would make either useless.
    connectionsCheckingInterval: Math.min(1_000, config.headerTimeout),
  }, requestListener(createApp(context), context, config.listen.hostname));
  server.on("connection", (socket) => slowClients.watch(socket));
  releaseSockets(server);
  server.on("checkExpectation", refuseExpectation);

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

  const sweeper = setInterval(() => {
    for (const flow of router.sweep()) logger("INFO", "flow forgotten: idle", { flow });
  }, Math.min(SWEEP_MS, config.flowTtl));

  const reloader = setInterval(async () => {
    try {
      // Streams that began under the old rules end; those who still may resume at once.
      if (await access?.reload()) connections.dismissAll();
    } catch (error) {
      logger("ERROR", "access file not taken: the rules stay as they were", { err: error });
    }
  }, config.accessReload);

  return {
    address,
    async stop() {
      draining = true;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      logger("INFO", "shutting down", { streams: connections.size });
      clearInterval(sweeper);
      clearInterval(reloader);
      fanOut.stop();
      slowClients.stop();
      connections.close(GRACE_MS);
      server.closeIdleConnections();
      const cancel = systemTimers.after(2 * GRACE_MS, () => server.closeAllConnections());
      await closed;
      cancel();
    },
  };
}
