import { Counter, Gauge, Registry } from "prom-client";
import { DROP_REASONS } from "../buffer/drop.ts";
import type { ConnectorParts } from "./introspection.ts";

type Values = readonly (readonly [labels: Record<string, string>, value: number])[];

/**
 * What a connector counts, under the original's names and labels, read from what it holds when
 * somebody asks.
 */
export class ConnectorMetrics {
  readonly registry = new Registry();
  readonly #binding: Record<string, string>;

  constructor({ config, connector, engrams, peers, reporter, calls }: ConnectorParts) {
    calls.register(this.registry);
    const { capabilities } = engrams;
    const { name, namespace } = config.binding;
    this.#binding = { namespace, binding: name };
    const { outbound, inbox } = connector;
    this.#gauge("connection_state", "1: connected to the hub or the peer, 0: not", [
      "hub_endpoint",
    ], () => [[{ hub_endpoint: config.hub }, Number(connector.hubConnected)]]);
    this.#count("control_directives_total", "Control messages from and to engrams", [
      "direction",
      "type",
    ], () =>
      [...engrams.directives].map(([key, count]) => {
        const [direction = "", type = ""] = key.split(" ");
        return [{ direction, type }, count];
      }));
    this.#count(
      "downstream_drops_total",
      "Packets for the engram that were given up, by reason",
      ["reason"],
      () => [...connector.tally.downstreamDrops].map(([reason, count]) => [{ reason }, count]),
    );
    this.#count(
      "drops_total",
      "Packets either way that were given up, by reason",
      ["reason"],
      () => DROP_REASONS.map((reason) => [{ reason }, connector.drops.get(reason) ?? 0]),
    );
    const single: [name: string, help: string, value: () => number][] = [
      ["capability_listeners", "Engrams that are told of capabilities", () => engrams.listeners],
      [
        "outbound_messages",
        "Packets that wait to be sent or acknowledged",
        () => outbound.queue.usage.messages,
      ],
      ["outbound_bytes", "Their bytes", () => outbound.queue.usage.bytes],
      ["unacked_current", "Packets to be acknowledged", () => outbound.unacked],
      [
        "inbox_messages",
        "Packets that the engram has to take or to be done with",
        () => inbox.messages,
      ],
      ["inbox_bytes", "Their bytes", () => inbox.bytes],
      ["peers", "Steps before this one that are connected", () => peers?.connected ?? 0],
    ];
    for (const [name, help, value] of single) this.#gauge(name, help, [], () => [[{}, value()]]);
    this.#count(
      "capability_changes_total",
      "Capabilities written into the TransportBinding, by field",
      ["field"],
      () => [...reporter?.changes ?? []].map(([field, count]) => [{ field }, count]),
    );
    this.#count(
      "capability_field_events_total",
      "Messages that were looked at and told of a capability, by its kind",
      ["field"],
      () =>
        ["audio", "video", "binary"].map((field) => [
          { field },
          capabilities.events.get(field) ?? 0,
        ]),
    );
    const counted: typeof single = [
      [
        "capability_skips_total",
        "Messages that were looked at and told nothing new",
        () => capabilities.skipped,
      ],
      [
        "capability_drops_total",
        "Changes of capabilities that no engram was there to be told of",
        () => engrams.untold,
      ],
      [
        "reporter_exits_total",
        "Ends of the loop that reports to the TransportBinding",
        () => reporter?.exits ?? 0,
      ],
      [
        "messages_sent_total",
        "Packets sent to the hub or the peer, repetitions included",
        () => connector.tally.sent,
      ],
      [
        "messages_received_total",
        "Packets that came for the engram",
        () => connector.tally.received,
      ],
      [
        "messages_delivered_total",
        "Packets handed to the engram, repetitions included",
        () => connector.tally.delivered,
      ],
      [
        "connections_total",
        "Connections to the hub or the peer",
        () => connector.tally.connections,
      ],
      ["patch_success_total", "Reports to the TransportBinding", () => reporter?.patches ?? 0],
      ["patch_failures_total", "Reports that failed", () => reporter?.failures ?? 0],
      ["peer_refusals_total", "Streams of peers that were not taken", () => peers?.refusals ?? 0],
    ];
    for (const [name, help, value] of counted) this.#count(name, help, [], () => [[{}, value()]]);
  }

  #gauge(name: string, help: string, labels: string[], read: () => Values): void {
    const labelled = labels.includes("hub_endpoint");
    const common = labelled ? {} : this.#binding;
    new Gauge({
      name: `bobravoz_connector_${name}`,
      help,
      labelNames: [...Object.keys(common), ...labels],
      registers: [this.registry],
      collect() {
        this.reset();
        for (const [own, value] of read()) this.set({ ...common, ...own }, value);
      },
    });
  }

  #count(name: string, help: string, labels: string[], read: () => Values): void {
    const common = this.#binding;
    new Counter({
      name: `bobravoz_connector_${name}`,
      help,
      labelNames: [...Object.keys(common), ...labels],
      registers: [this.registry],
      collect() {
        this.reset();
        for (const [own, value] of read()) this.inc({ ...common, ...own }, value);
      },
    });
  }
}
