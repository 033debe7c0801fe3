import { type ClientDuplexStream, connectivityState, Metadata } from "@grpc/grpc-js";
import type { Logger } from "../../contracts/logger.ts";
import { HEADERS, PROTOCOL_VERSION } from "../../contracts/transport/names.ts";
import { WatchedClient } from "../grpc/watched_client.ts";
import { FOLLOW_HEADER, OWNER_HEADER } from "../placement/headers.ts";
import { LEDGER_HEADER, readStatement, writeStatement } from "../delivery/leg_ledger.ts";
import { BATCH_HEADER, BATCH_VERSION, STREAM_HEADER } from "../proto/frame.ts";
import type { Wire } from "../server/wire.ts";
import type { Identity } from "../tls/certificate_files.ts";
import { tls13Client } from "../tls/client_credentials.ts";
import { backoff } from "./backoff.ts";
import type { ConnectorConfig } from "./config.ts";
import type { Connector } from "./connector.ts";
import { announcedCapabilities } from "./capabilities.ts";
import { capabilitiesMode } from "./control.ts";
import type { Sender } from "./source.ts";

/** A connection that lived so long was a good one: the next failure is a first one again. */
const STABLE_MS = 10_000;
/**
 * A hub of ours answers at once. The original answers with its first packet, so that waiting for
 * longer would hold up what the engram has to say.
 */
const ANSWER_MS = 2_000;
/** gRPC's CANCELLED: what a stream ends with that we end. */
const CANCELLED = 1;

export interface HubLinkOptions {
  readonly connector: Connector;
  readonly config: ConnectorConfig;
  readonly logger: Logger;
  /** Read for each attempt, so that a renewed certificate is in force at the next one. */
  readonly identity: () => Promise<Identity>;
  readonly random: () => number;
  readonly onChange: (connected: boolean, reason: string) => void;
}

interface Ended {
  readonly code: number;
  readonly details: string;
  /** The hub that goes on with the run, by the word of the one that was asked. */
  readonly owner?: string;
}

/** Hubs that are followed one after the other: then it is waited until they agree. */
const MAX_FOLLOWED = 4;
const OWNER = /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?:\d{1,5}$/;

/** Keeps a stream to the hub, or to the peer that packets go to, open as long as coming again can help. */
export class HubLink {
  readonly #stop = new AbortController();
  /** The hub that was pointed to; undefined: the one of the settings, which knows. */
  #owner: string | undefined;
  #followed = 0;
  /** Why the hub cannot be had, once it is given up; undefined when it was stopped. */
  readonly finished: Promise<Ended | undefined>;

  constructor(private readonly options: HubLinkOptions) {
    this.finished = this.#run();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.finished;
  }

  async #run(): Promise<Ended | undefined> {
    const { config, logger, random, onChange } = this.options;
    const { signal } = this.#stop;
    let failures = 0;
    while (!signal.aborted) {
      const started = performance.now();
      const ended = await this.#attempt();
      if (signal.aborted) return undefined;
      onChange(false, ended.details);
      if (this.#follows(ended)) continue;
      failures = performance.now() - started > STABLE_MS ? 1 : failures + 1;
      const wait = backoff(failures, ended.code, config.backoff, random());
      if (wait === undefined) return ended;
      logger("WARN", `no stream to the ${this.#other}`, {
        ...ended,
        failures,
        retryInMs: Math.round(wait),
      });
      await pause(wait, signal);
    }
    return undefined;
  }

  /** Whether there is another hub to go to, at once. */
  #follows({ owner }: Ended): boolean {
    this.#owner = undefined;
    if (owner === undefined || !OWNER.test(owner) || this.#followed >= MAX_FOLLOWED) {
      this.#followed = 0;
      return false;
    }
    this.options.logger("INFO", "the run is carried by another hub", { hub: owner });
    this.#owner = owner;
    this.#followed++;
    return true;
  }

  get #target(): string {
    return this.#owner ?? this.options.config.hub;
  }

  async #attempt(): Promise<Ended> {
    const { config } = this.options;
    let identity: Identity;
    try {
      identity = await this.options.identity();
    } catch (error) {
      // Half written while it is renewed: the next attempt reads it again.
      return { code: 14, details: (error as Error).message };
    }
    const client = new WatchedClient(
      this.#target,
      tls13Client(identity),
      {
        ...config.grpc.client,
        ...(config.hubServerName === undefined
          ? {}
          : { "grpc.ssl_target_name_override": config.hubServerName }),
      },
      () => this.options.connector.hubDrained(),
    );
    try {
      return await this.#stream(client);
    } finally {
      client.close();
    }
  }

  #stream(client: WatchedClient): Promise<Ended> {
    const { connector, config, logger, onChange } = this.options;
    const call = client.open(this.#headers());
    const { promise, resolve } = Promise.withResolvers<Ended>();
    const target = this.#target;
    let open = false;
    const opened = (answer: Sender) => {
      open = true;
      this.#followed = 0;
      clearTimeout(dial);
      clearTimeout(silence);
      const other = this.#other;
      logger("INFO", `connected to the ${other}`, { [other]: target, batched: answer.batched });
      connector.hubOpened(wireOf(client, call), answer);
      onChange(true, "connected");
    };
    const dial = setTimeout(() => call.cancel(), config.dialTimeout);
    const silence = setTimeout(() => {
      const state = client.client.getChannel().getConnectivityState(false);
      if (state === connectivityState.READY) opened({ batched: false, streamId: undefined });
    }, Math.min(ANSWER_MS, config.dialTimeout));
    const stop = () => call.cancel();
    this.#stop.signal.addEventListener("abort", stop);
    call.on("metadata", (metadata: Metadata) => {
      const text = (name: string) => metadata.get(name)[0]?.toString();
      const batched = text(BATCH_HEADER) === BATCH_VERSION;
      // Late, and from one of ours: from here on the leg has its promises.
      if (!open || batched) {
        opened({
          batched,
          streamId: text(STREAM_HEADER),
          ledger: readStatement(text(LEDGER_HEADER)),
        });
      }
    });
    call.on("data", (frame: Uint8Array) => connector.hubFrame(frame));
    // The status says it all.
    call.on("error", () => {});
    call.on("status", ({ code, details, metadata }) => {
      const owner = metadata.get(OWNER_HEADER)[0]?.toString();
      clearTimeout(dial);
      clearTimeout(silence);
      this.#stop.signal.removeEventListener("abort", stop);
      if (open) connector.hubClosed();
      resolve(
        code === CANCELLED && !open
          ? { code: 14, details: `no answer from ${target} within ${config.dialTimeout} ms` }
          : { code, details, ...(owner === undefined ? {} : { owner }) },
      );
    });
    return promise;
  }

  /** Who is dialled, for the log. */
  get #other(): "hub" | "peer" {
    return this.options.config.routing === "p2p" ? "peer" : "hub";
  }

  #headers(): Metadata {
    const { connector, config: { identity, binding } } = this.options;
    const metadata = new Metadata();
    metadata.set(HEADERS.storyRunName, identity.storyRun);
    metadata.set(HEADERS.storyRunNamespace, identity.namespace);
    metadata.set(HEADERS.currentStepId, identity.step);
    metadata.set(HEADERS.connectorGeneration, String(identity.generation));
    metadata.set(HEADERS.protocol, PROTOCOL_VERSION);
    metadata.set(
      HEADERS.startupCapabilities,
      capabilitiesMode(announcedCapabilities(binding.binding)),
    );
    metadata.set(BATCH_HEADER, BATCH_VERSION);
    metadata.set(STREAM_HEADER, connector.options.streamId);
    const ledger = connector.accounts?.hub.statement();
    if (ledger !== undefined) metadata.set(LEDGER_HEADER, writeStatement(ledger));
    if (this.#other === "hub") metadata.set(FOLLOW_HEADER, this.#owner ?? "1");
    return metadata;
  }
}

function wireOf(
  client: WatchedClient,
  call: ClientDuplexStream<Uint8Array, Uint8Array>,
): Wire {
  return {
    write: (frame) => client.write(frame),
    pause: () => void call.pause(),
    resume: () => void call.resume(),
    end: (code) => code === 0 ? call.end() : call.cancel(),
  };
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    signal.addEventListener("abort", done);
  });
}
