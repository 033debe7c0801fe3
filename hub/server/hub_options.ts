import type { Logger } from "../../contracts/logger.ts";
import type { HubLimits } from "../../contracts/transport/policies.ts";
import type { Packet } from "../proto/packet.ts";
import type { StoryDirectory } from "../story/story_directory.ts";
import type { Checkpoints } from "../storage/checkpoints.ts";
import type { HookMemory } from "../storage/hook_memory.ts";
import type { HandoffPhase } from "./handoffs.ts";
import type { HubMonitor } from "./monitor.ts";
import type { Router } from "./router.ts";
import type { StepStream } from "./step_stream.ts";
import type { TerminationOptions } from "./termination.ts";

/** What the hub is given. */
export interface HubOptions {
  readonly directory: StoryDirectory;
  readonly router: Router;
  readonly monitor: HubMonitor;
  readonly logger: Logger;
  /** Milliseconds; only differences count. */
  readonly now: () => number;
  /** Differs with each start of the process. */
  readonly epoch: string;
  readonly limits: HubLimits & {
    readonly maxStreams: number;
    /** Steps that packets wait for though nobody is connected. */
    readonly maxBuffers: number;
    /** Milliseconds after which an unused run is forgotten, and what waited for it dropped. */
    readonly evictionTtl: number;
  };
  /** Told when a connection goes, and when one takes over. */
  readonly handoff?: (stream: StepStream, phase: HandoffPhase) => void;
  /** Keeps what steps with durable replay hold; without it, that is lost with the process. */
  readonly checkpoints?: Checkpoints;
  /** Which hooks were told; without it, a hub that restarts tells them again. */
  readonly hooks?: HookMemory;
  /** Shown every packet of the steps that are observed; may not throw, nor take time. */
  readonly observe?: (stream: StepStream, packet: Packet) => void;
  /** Without it nobody is told that the streams of a run are gone. */
  readonly termination?: TerminationOptions;
}
