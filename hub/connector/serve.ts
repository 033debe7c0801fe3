import { Server, ServerCredentials } from "@grpc/grpc-js";
import { formatListenAddress } from "../../contracts/listen_address.ts";
import type { Endpoint } from "../../contracts/transport/environment.ts";
import type { Logger } from "../../contracts/logger.ts";
import { newEpoch, streamId } from "../delivery/stream_id.ts";
import { CallMetrics } from "../grpc/call_metrics.ts";
import { bindServer } from "../grpc/bind_server.ts";
import { CONNECTOR_SERVICE } from "../grpc/services.ts";
import { Code } from "../server/refusal.ts";
import { readIdentity } from "../tls/certificate_files.ts";
import type { Capabilities } from "./capabilities.ts";
import type { ConnectorConfig } from "./config.ts";
import { Connector } from "./connector.ts";
import { handoff } from "./control.ts";
import { EngramService } from "./engram_service.ts";
import { HubLink } from "./hub_link.ts";
import { type ConnectorParts, notReady } from "./introspection.ts";
import type { ReporterCounts } from "./reporter.ts";
import { limitsOf } from "./limits.ts";
import { serveHttp } from "./serve_http.ts";
import { type RunningPeers, servePeers } from "./serve_peers.ts";

/** A connector that serves its engram. */
export interface RunningConnector {
  readonly connector: Connector;
  /** Undefined when no step before this one may connect. */
  readonly peers: RunningPeers | undefined;
  /** Where health and metrics are, with the real port; undefined when they are nowhere. */
  readonly http: Deno.NetAddr | undefined;
  /** Ends when the hub is given up, or nothing moves any more; undefined after `stop`. */
  readonly finished: HubLink["finished"];
  /** Hands the hub what waits for it within the drain time, then ends both sides. */
  stop(): Promise<void>;
}

/** Tells others that the connector is there. */
export interface Reporter extends ReporterCounts {
  /**
   * The connector is up; may be said more than once.
   *
   * @param observed codecs that were seen by the time of a report
   */
  start(observed: () => Capabilities): void;
  /** It will soon be gone. */
  stop(): Promise<void>;
}

/** Acknowledgements wait no longer than this beyond their time. */
const TICK_MS = 50;
const ANNOUNCE_MS = 1_000;

/**
 * Listens for the engram and connects to the hub.
 *
 * @throws {ContractError} when a certificate cannot be read
 * @throws {Error} when the address cannot be had
 */
export async function serveConnector(
  config: ConnectorConfig,
  logger: Logger,
  reporter?: Reporter,
): Promise<RunningConnector> {
  const identity = () => readIdentity(config.certificates, Deno.readTextFile);
  // What is wrong with the files from the start is a wrong setting, and said at once.
  await identity();
  const { namespace, storyRun, step, generation } = config.identity;
  const connector = new Connector({
    streamId: streamId(
      [namespace, storyRun, step, String(generation)],
      newEpoch(Date.now(), crypto.getRandomValues(new Uint8Array(5))),
    ),
    identity: { namespace, storyRun, step },
    policies: config.policies,
    limits: limitsOf(config.grpc),
    now: () => performance.now(),
  });
  const calls = new CallMetrics(() => performance.now());
  const engrams = new EngramService(
    connector,
    config.binding.binding,
    () => performance.now(),
    logger,
    calls,
  );
  const server = new Server({ ...config.grpc.server });
  server.addService(CONNECTOR_SERVICE, engrams.handlers);
  const address = addressOf(config.local);
  await bindServer(server, address, ServerCredentials.createInsecure());
  const peers = config.peers &&
    await servePeers(
      config.peers,
      config.grpc.server,
      connector,
      logger,
      Deno.networkInterfaces,
      calls,
    );
  let connections = 0;
  let connected = false;
  const link = new HubLink({
    connector,
    config,
    logger,
    identity,
    random: Math.random,
    onChange(now, reason) {
      if (now === connected) return;
      connected = now;
      if (now) reporter?.start(() => engrams.capabilities.observed);
      if (!now) return engrams.tell(handoff("draining", reason, Date.now()));
      if (connections++ === 0) return;
      engrams.tell(handoff("cutover", reason, Date.now()));
      engrams.tell(handoff("ready", reason, Date.now()));
    },
  });
  const announce = () => {
    const dropped = connector.announce();
    if (dropped !== undefined) {
      logger("WARN", "packets dropped", { storyRun: `${namespace}/${storyRun}`, step, dropped });
    }
  };
  const { hangTimeout } = config.grpc;
  const hang = Promise.withResolvers<{ code: number; details: string }>();
  const watch = () => {
    if (hangTimeout === 0 || performance.now() - connector.movedAt < hangTimeout) return;
    hang.resolve({ code: Code.deadlineExceeded, details: `nothing moved for ${hangTimeout} ms` });
  };
  const timers = [
    setInterval(() => connector.tick(), TICK_MS),
    setInterval(watch, TICK_MS),
    setInterval(announce, ANNOUNCE_MS),
  ];
  const parts: ConnectorParts = {
    config,
    connector,
    engrams,
    peers: peers?.peers,
    reporter,
    calls,
  };
  let draining = false;
  const http = config.http &&
    serveHttp(config.http, parts, logger, () => draining ? "draining" : notReady(parts));
  logger("INFO", "connector listens", {
    addr: address,
    peers: peers?.addresses.map(formatListenAddress) ?? "off",
    http: http === undefined ? "off" : formatListenAddress(http.addr),
    step,
    routing: config.routing,
  });
  return {
    connector,
    peers,
    finished: Promise.race([link.finished, hang.promise]),
    http: http?.addr,
    async stop() {
      draining = true;
      const told = reporter?.stop();
      const deadline = performance.now() + config.drain;
      while (!connector.isDrained && connector.hubConnected && performance.now() < deadline) {
        await new Promise((resolve) => setTimeout(resolve, TICK_MS));
      }
      for (const timer of timers) clearInterval(timer);
      const detail = "the connector is shutting down";
      connector.close(detail);
      await peers?.stop(detail);
      announce();
      await link.stop();
      server.forceShutdown();
      await http?.shutdown();
      await told;
    },
  };
}

function addressOf(endpoint: Endpoint): string {
  if (endpoint.kind === "unix") return `unix:${endpoint.path}`;
  const { host, port } = endpoint;
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
