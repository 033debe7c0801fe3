import type { CallMetrics } from "../grpc/call_metrics.ts";
import type { ConnectorConfig } from "./config.ts";
import type { Connector } from "./connector.ts";
import type { EngramService } from "./engram_service.ts";
import type { Peers } from "./peers.ts";
import type { ReporterCounts } from "./reporter.ts";

/** What a connector is made of, as far as others look at it. */
export interface ConnectorParts {
  readonly config: Pick<ConnectorConfig, "binding" | "hub" | "identity" | "routing">;
  readonly connector: Connector;
  readonly engrams: EngramService;
  readonly peers: Peers | undefined;
  readonly calls: CallMetrics;
  /** Undefined where nothing is reported. */
  readonly reporter: ReporterCounts | undefined;
}

/** Why packets cannot flow at the moment; undefined when they can. */
export function notReady({ config, connector, engrams }: ConnectorParts): string | undefined {
  if (!connector.hubConnected) {
    return `no stream to the ${config.routing === "p2p" ? "peer" : "hub"} ${config.hub}`;
  }
  return engrams.listeners === 0 ? "no engram has come" : undefined;
}

/** What `GET /v1/streams` of a connector answers: the legs of one step. */
export function reportConnector({ config, connector, engrams, peers }: ConnectorParts) {
  const { identity: { namespace, storyRun, step, generation }, routing, hub } = config;
  const { outbound, inbox } = connector;
  const { messages, bytes } = outbound.queue.usage;
  const { maxMessages, maxBytes, dropPolicy } = outbound.policies.buffer;
  return {
    namespace,
    storyRun,
    step,
    generation,
    outbound: {
      routing,
      endpoint: hub,
      connected: connector.hubConnected,
      streamId: outbound.streamId,
      buffer: { messages, bytes, maxMessages, maxBytes, policy: dropPolicy },
      unacked: outbound.unacked,
      // JSON has no Infinity: without credits there is no such field.
      ...(outbound.credits === Infinity ? {} : { credits: outbound.credits }),
      paused: outbound.paused,
      sent: connector.tally.sent,
    },
    inbound: {
      engrams: engrams.listeners,
      buffer: { messages: inbox.messages, bytes: inbox.bytes, ...inbox.limits },
      received: connector.tally.received,
      delivered: connector.tally.delivered,
      peers: peers?.report() ?? [],
    },
    dropped: Object.fromEntries(connector.drops),
  };
}
