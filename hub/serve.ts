import { setImmediate } from "node:timers";
import { sleep, steadyClock } from "../contracts/clock.ts";
import { newEpoch } from "./delivery/stream_id.ts";
import { formatListenAddress } from "../contracts/listen_address.ts";
import type { Logger } from "../contracts/logger.ts";
import { METADATA } from "../contracts/transport/names.ts";
import type { HubConfig } from "./config.ts";
import { CallMetrics } from "./grpc/call_metrics.ts";
import { GrpcServer } from "./grpc/grpc_server.ts";
import { serveProcess } from "./grpc/hub_service.ts";
import { HUB_SERVICE, MAX_MESSAGE_BYTES } from "./grpc/services.ts";
import { encode } from "./proto/codec.ts";
import { DataPacket } from "./proto/messages.ts";
import { answerHttp } from "./server/http.ts";
import { observeEventTime } from "./server/event_time.ts";
import { explainRun } from "./server/explain_run.ts";
import { tellHandoffs } from "./server/handoffs.ts";
import { Hub } from "./server/hub.ts";
import { reportHub } from "./server/introspection.ts";
import { HubMetrics } from "./server/metrics.ts";
import { turnClock } from "./server/turn_clock.ts";
import { ExpressionEngine } from "./expression/engine.ts";
import type { HandoffReporter } from "./primitives/handoff_reporter.ts";
import type { RunConditions } from "./primitives/run_conditions.ts";
import type { StepStarter } from "./primitives/step_starter.ts";
import type { StoryStarter } from "./primitives/story_starter.ts";
import { PacketRouter } from "./routing/packet_router.ts";
import type { StoryDirectory } from "./story/story_directory.ts";
import { Checkpoints } from "./storage/checkpoints.ts";
import { FileStore } from "./storage/file_store.ts";
import { HookMemory } from "./storage/hook_memory.ts";
import { Recorder } from "./storage/recorder.ts";
import type { Placement } from "./placement/owner.ts";
import { shareRuns } from "./share_runs.ts";
import { CertificateWatch, type Identity, readIdentity } from "./tls/certificate_files.ts";

/** A hub that serves. */
export interface RunningHub {
  readonly hub: Hub;
  /** Where gRPC and HTTP listen, with the real ports. */
  readonly port: number;
  readonly httpPort: number;
  /** Delivers what it can within the drain timeout, then ends every stream. */
  stop(): Promise<void>;
}

/** What a hub is made of beside its settings. */
export interface HubParts {
  readonly directory: StoryDirectory;
  readonly logger: Logger;
  /** Starts the children of executeStory; without it that primitive fails. */
  readonly starter?: StoryStarter;
  /** Runs steps of batch engrams; without it a packet for one of them fails. */
  readonly steps?: StepStarter;
  /** Told of the health of runs. */
  readonly conditions?: RunConditions;
  /** Told when a connector of a step takes over from another. */
  readonly handoffs?: HandoffReporter;
  /**
   * Without TLS, so that whoever reaches the port is whom it says it is: to measure what TLS costs.
   * No setting turns it on.
   */
  readonly plaintext?: boolean;
  /** Where runs are pinned; without it this hub carries every one. */
  readonly placement?: Placement;
  /** Why it could not serve yet, for the readiness probe; undefined when it can. */
  readonly notReady?: () => string | undefined;
  /** Lets go of what the parts hold, when the hub has ended. */
  readonly close?: () => Promise<void>;
}

/** How often what is due is looked at: acknowledgements wait no longer than this beyond their time. */
const TICK_MS = 50;
const ANNOUNCE_MS = 1_000;
/** Calls of one connection; a connector has one. */
const STREAMS_A_CONNECTION = 1_000;

/**
 * Starts the gRPC server, the HTTP port and the timers.
 *
 * @throws {ContractError} when a certificate cannot be read
 * @throws {Error} when an address cannot be had
 */
export async function serveHub(config: HubConfig, parts: HubParts): Promise<RunningHub> {
  const { logger, directory } = parts;
  const transport = parts.plaintext === true ? undefined : await secured(config, logger);
  const metrics = new HubMetrics();
  const store = config.storage && await FileStore.open(config.storage.folder);
  const checkpoints = store && await openCheckpoints(store, config, logger);
  if (checkpoints !== undefined) metrics.observeCheckpoints(checkpoints);
  const hooks = new HookMemory(store, logger);
  await hooks.load();
  const recorder = new Recorder({ store, logger, unixNow: Date.now, random: Math.random });
  const hub = new Hub({
    directory,
    router: new PacketRouter({
      engine: new ExpressionEngine({ now: Date.now, random: Math.random }),
      now: () => performance.now(),
      wait: (milliseconds, signal) => sleep(steadyClock, milliseconds, signal),
      joinsLost: (lost) => metrics.joinsLost(lost),
      ...parts.starter && { starter: parts.starter },
      ...parts.steps && { steps: parts.steps },
      ...config.materializer !== undefined && { materializer: config.materializer },
      ...parts.conditions && { conditions: parts.conditions },
    }),
    monitor: metrics,
    logger,
    now: turnClock(() => performance.now(), setImmediate),
    epoch: newEpoch(Date.now(), crypto.getRandomValues(new Uint8Array(5))),
    limits: config.limits,
    ...checkpoints && { checkpoints },
    hooks,
    observe(stream, packet) {
      recorder.observe(stream, packet);
      observeEventTime(stream, packet, metrics, Date.now());
    },
    ...parts.handoffs && { handoff: tellHandoffs(parts.handoffs, Date.now) },
    ...parts.conditions && {
      termination: {
        conditions: parts.conditions,
        // A run that is forgotten first would never be told of.
        grace: Math.min(config.terminationGrace, config.limits.evictionTtl),
      },
    },
  });
  metrics.observe(hub, config.heartbeat);
  const calls = new CallMetrics(() => performance.now());
  calls.register(metrics.registry);
  const unfollow = directory.onChange?.((change) => void hub.changed(change));
  const mode = transport === undefined ? "none" : config.identity;
  const cluster = parts.placement && transport && shareRuns(hub, config, {
    placement: parts.placement,
    identity: transport.current,
    logger,
  });
  const service = { identity: mode, logger, ...cluster && { placement: cluster.streams } } as const;
  const server = new GrpcServer({
    identity: transport?.identity,
    methods: {
      [HUB_SERVICE.Process.path]: (call) => void serveProcess(hub, service, call),
    },
    limits: { maxMessageBytes: MAX_MESSAGE_BYTES, endTimeout: 5_000 },
    maxStreams: STREAMS_A_CONNECTION,
    maxConnections: 2 * config.limits.maxStreams,
    // As patient as servers of gRPC are by default: a client that is held may be busy with its backlog.
    keepAlive: { interval: 30_000, timeout: 20_000 },
    calls,
    onSilent: ({ address }) =>
      logger("WARN", "a connection is silent and was closed", { peer: address }),
  });
  transport?.onRenewal((identity) => server.reload(identity));
  const port = await server.listen(config.listen);
  let draining = false;
  const http = Deno.serve({
    hostname: config.http.hostname,
    port: config.http.port,
    onListen() {},
  }, (request) =>
    answerHttp(request, {
      notReady: () => draining ? "draining" : parts.notReady?.(),
      metrics: async () => ({
        text: await metrics.registry.metrics(),
        contentType: metrics.registry.contentType,
      }),
      streams: () => reportHub(hub),
      run: (namespace, storyRun) => explainRun(hub, namespace, storyRun),
    }));
  const heartbeat = encode(DataPacket, {
    metadata: { [METADATA.heartbeat]: "true" },
    payload: new Uint8Array(),
  });
  const timers = [
    setInterval(() => {
      hub.tick();
      checkpoints?.tick(hub.streamsOfAll());
      cluster?.releases.tick();
    }, TICK_MS),
    setInterval(() => hub.announceDrops(), ANNOUNCE_MS),
    setInterval(() => hub.heartbeat({ body: heartbeat }), config.heartbeat),
    setInterval(() => void transport?.watch.look(), config.certReload),
  ];
  const running: RunningHub = {
    hub,
    port,
    httpPort: http.addr.port,
    async stop() {
      draining = true;
      hub.drain();
      const deadline = performance.now() + config.drain;
      const until = async (isDone: () => boolean, deadline: number) => {
        while (!isDone() && performance.now() < deadline) {
          await new Promise((resolve) => setTimeout(resolve, TICK_MS));
        }
      };
      if (cluster !== undefined) {
        // The operator sees that this hub is not ready and pins its runs elsewhere; until then they
        // go on here. When it does not, they end here like those of a hub that is alone.
        await until(() => hub.streams === 0, deadline - config.drain / 2);
        cluster.releases.releaseAll();
        await until(() => cluster.releases.size === 0, deadline);
      }
      await until(() => hub.isDrained, deadline);
      for (const timer of timers) clearInterval(timer);
      unfollow?.();
      cluster?.stop();
      hub.disconnect("the hub is shutting down");
      await checkpoints?.flush(hub.streamsOfAll());
      await Promise.all([recorder.flush(), hooks.flush()]);
      hub.close("the hub is shutting down");
      await server.close();
      await http.shutdown();
      await parts.close?.();
    },
  };
  logger("INFO", "hub listens", {
    addr: formatListenAddress({ ...config.listen, port }),
    http: formatListenAddress({ ...config.http, port: http.addr.port }),
  });
  return running;
}

/** The certificate, watched for being renewed. */
async function secured({ certificates }: HubConfig, logger: Logger) {
  const identity = await readIdentity(certificates, Deno.readTextFile);
  let current = identity;
  let renewed = (_identity: Identity) => {};
  const watch = new CertificateWatch(certificates, identity, Deno.readTextFile, (next) => {
    current = next;
    renewed(next);
    logger("INFO", "certificate renewed");
  }, (error) => logger("WARN", "the certificate files cannot be used", { err: error }));
  return {
    identity,
    current: () => current,
    watch,
    onRenewal: (listener: typeof renewed) => renewed = listener,
  };
}

async function openCheckpoints(
  store: FileStore,
  { storage, limits }: HubConfig,
  logger: Logger,
): Promise<Checkpoints> {
  const checkpoints = new Checkpoints({
    store,
    logger,
    moment: () => ({ now: performance.now(), unixNow: Date.now() }),
    maxBytes: storage?.maxBytes ?? 0,
    unclaimedTtl: limits.evictionTtl,
  });
  await checkpoints.load();
  return checkpoints;
}
