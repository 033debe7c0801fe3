import type { ListenAddress } from "../../contracts/listen_address.ts";
import type { Logger } from "../../contracts/logger.ts";
import type { CallMetrics } from "../grpc/call_metrics.ts";
import { GrpcServer } from "../grpc/grpc_server.ts";
import { serveProcess } from "../grpc/hub_service.ts";
import { HUB_SERVICE } from "../grpc/services.ts";
import { CertificateWatch, readIdentity } from "../tls/certificate_files.ts";
import type { PeerConfig } from "./config.ts";
import type { Connector } from "./connector.ts";
import type { ChannelOptions } from "./grpc_config.ts";
import { Peers } from "./peers.ts";

/** Where steps before this one bring their packets. */
export interface RunningPeers {
  readonly peers: Peers;
  /** Where it listens, with the real ports. */
  readonly addresses: readonly ListenAddress[];
  stop(detail: string): Promise<void>;
}

/** Steps before one step; a Story has 100 steps at most. */
const MAX_PEERS = 100;
const STREAMS_PER_CONNECTION = 16;
/** Time for a peer to take its last status. */
const END_TIMEOUT_MS = 5_000;
/** A peer has one; one that comes anew may have two for a moment. */
const MAX_CONNECTIONS = 2 * MAX_PEERS;

/**
 * Listens for the connectors of steps before this one, with mutual TLS 1.3.
 *
 * @param channel sizes and pings
 * @param calls counts those of peers
 * @param interfaces the machine's addresses, for where to listen when no address is set
 * @throws {ContractError} when a certificate cannot be read
 * @throws {Error} when an address cannot be had
 */
export async function servePeers(
  config: PeerConfig,
  channel: ChannelOptions,
  connector: Connector,
  logger: Logger,
  interfaces: () => readonly { readonly address: string }[],
  calls: CallMetrics,
): Promise<RunningPeers> {
  const identity = await readIdentity(config.certificates, Deno.readTextFile);
  const peers = new Peers(connector, { steps: config.steps, maxPeers: MAX_PEERS });
  const servers: GrpcServer[] = [];
  const { hostname, port } = config.listen;
  const wanted = hostname === undefined ? podAddresses(interfaces()) : [hostname];
  const addresses: ListenAddress[] = [];
  for (const hostname of wanted) {
    const server = new GrpcServer({
      identity,
      methods: {
        [HUB_SERVICE.Process.path]: (call) =>
          void serveProcess(peers, { identity: config.identity, logger }, call),
      },
      limits: {
        maxMessageBytes: channel["grpc.max_receive_message_length"],
        endTimeout: END_TIMEOUT_MS,
      },
      maxStreams: STREAMS_PER_CONNECTION,
      maxConnections: MAX_CONNECTIONS,
      keepAlive: {
        interval: channel["grpc.keepalive_time_ms"],
        timeout: channel["grpc.keepalive_timeout_ms"],
      },
      calls,
      onSilent: ({ address }) =>
        logger("WARN", "a peer is silent, its connection was closed", { peer: address }),
    });
    addresses.push({ hostname, port: await server.listen({ hostname, port }) });
    servers.push(server);
  }
  if (addresses.length === 0) {
    logger("WARN", "no address but loopback: peers cannot connect", {});
  }
  const watch = new CertificateWatch(config.certificates, identity, Deno.readTextFile, (next) => {
    for (const server of servers) server.reload(next);
    logger("INFO", "certificate renewed");
  }, (error) => logger("WARN", "the certificate files cannot be used", { err: error }));
  const timers = [
    setInterval(() => void watch.look(), config.certReload),
    setInterval(() => peers.heartbeat(), config.heartbeat),
  ];
  return {
    peers,
    addresses,
    async stop(detail) {
      for (const timer of timers) clearInterval(timer);
      peers.close(detail);
      await Promise.all(servers.map((server) => server.close()));
    },
  };
}

/**
 * The addresses by which others reach a pod. Loopback is the engram's, in plain text and on the same
 * port; a link-local address (RFC 4291 §2.5.6, RFC 3927) is nobody's Service.
 */
export function podAddresses(interfaces: readonly { readonly address: string }[]): string[] {
  return [...new Set(interfaces.map(({ address }) => address.toLowerCase()))].filter((address) =>
    !/^127\.|^::1$|^fe[89ab][0-9a-f]:|^169\.254\./.test(address)
  );
}
