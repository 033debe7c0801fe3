import { X509Certificate } from "node:crypto";
import type { Logger } from "../contracts/logger.ts";
import type { HubConfig } from "./config.ts";
import type { ServiceOptions } from "./grpc/hub_service.ts";
import { Relay } from "./grpc/relay.ts";
import type { Placement } from "./placement/owner.ts";
import { RunReleases } from "./placement/run_releases.ts";
import { StreamPlacement } from "./placement/stream_placement.ts";
import type { Hub } from "./server/hub.ts";
import type { Identity } from "./tls/certificate_files.ts";

/** Longest time in which a run that moves delivers what it has: its producers are held meanwhile. */
const MOVE_MS = 5_000;

/** What a hub does that shares the runs with others. */
export interface SharedRuns {
  readonly streams: NonNullable<ServiceOptions["placement"]>;
  readonly releases: RunReleases;
  /** Follows the placement no longer. */
  stop(): void;
}

/** Takes the streams of the runs that are pinned here, and hands over those that are not any longer. */
export function shareRuns(
  hub: Hub,
  config: HubConfig,
  { placement, identity, logger }: {
    readonly placement: Placement;
    readonly identity: () => Identity;
    readonly logger: Logger;
  },
): SharedRuns {
  const releases = new RunReleases({ hub, logger, drain: Math.min(config.drain, MOVE_MS) });
  const stop = placement.onChange((namespace, storyRun) => {
    const owner = placement.ownerOf(namespace, storyRun);
    if (owner.at === "elsewhere") releases.release(`${namespace}/${storyRun}`, owner.endpoint);
  });
  const relay = new Relay({
    identity,
    self: placement.self,
    maxStreams: config.limits.maxStreams,
  });
  return {
    streams: {
      streams: new StreamPlacement(placement),
      relay,
      tellFormer({ namespace, storyRun }, call) {
        const former = placement.takeFormer(namespace, storyRun);
        if (former === undefined) return;
        relay.tellTaken(call, former, placement.versionOf(namespace, storyRun));
      },
      ownNames: () => new X509Certificate(identity().certificate).subjectAltName,
    },
    releases,
    stop,
  };
}
