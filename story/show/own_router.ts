import type { Logger } from "../../contracts/logger.ts";
import { readServerConfig } from "../../server/config.ts";
import { type RunningServer, serve } from "../../server/serve.ts";
import { UI_ASSETS } from "../../server/ui/assets.ts";

/**
 * Starts a router for this run alone.
 *
 * @param port 0 lets the system choose
 * @throws {Error} saying what to do when the port cannot be had
 */
export async function startRouter(port: number, logger: Logger): Promise<RunningServer> {
  const defaults = readServerConfig(() => undefined);
  try {
    return await serve({ ...defaults, listen: { hostname: "127.0.0.1", port } }, logger, UI_ASSETS);
  } catch (error) {
    const taken = (error as { code?: string }).code === "EADDRINUSE";
    const reason = taken ? "something else listens there" : String(error);
    throw new Error(`cannot listen on 127.0.0.1:${port}: ${reason}; choose another with --port`, {
      cause: error,
    });
  }
}
