import { readServerConfig, type ServerConfig } from "../config.ts";
import { FlowRegistry } from "../log/flow_registry.ts";
import { Router } from "../router.ts";
import { Connections } from "../stream/connections.ts";
import { FanOut } from "../stream/fan_out.ts";
import { NO_MONITOR } from "../stream/stream_monitor.ts";
import type { VirtualTimers } from "./virtual_timers.ts";

/** A router without HTTP, on virtual time, with default limits but for those given. */
export function buildRouter(timers: VirtualTimers, overrides: Partial<ServerConfig> = {}) {
  const config = { ...readServerConfig(() => undefined), ...overrides };
  const ring = { frames: config.ringCapacity, bytes: config.ringBytes };
  const flows = new FlowRegistry({ ...config, ring }, (bytes) => crypto.getRandomValues(bytes));
  const connections = new Connections(timers, () => 0.5, config, NO_MONITOR);
  const fanOut = new FanOut(timers, connections, config.writeBytes, NO_MONITOR);
  const router = new Router(flows, fanOut, connections, config, () => timers.now());
  return { router, flows, fanOut, connections };
}
