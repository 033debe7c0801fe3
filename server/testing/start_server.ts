import type { LogLevel } from "../../contracts/logger.ts";
import { readServerConfig, type ServerConfig } from "../config.ts";
import type { Asset } from "../ui/assets.ts";
import { type RunningServer, serve } from "../serve.ts";

/** A router on a free port of loopback that ends with the test. */
export interface TestServer extends AsyncDisposable, RunningServer {
  readonly url: string;
  /** What it has logged. */
  readonly lines: { level: LogLevel; message: string; attributes: Record<string, unknown> }[];
}

/** Starts a real router, HTTP and all. */
export async function startServer(
  config: Partial<ServerConfig> = {},
  assets: ReadonlyMap<string, Asset> = new Map(),
): Promise<TestServer> {
  const lines: TestServer["lines"] = [];
  const server = await serve(
    { ...readServerConfig(() => undefined), listen: { hostname: "127.0.0.1", port: 0 }, ...config },
    (level, message, attributes = {}) => lines.push({ level, message, attributes }),
    assets,
  );
  return {
    ...server,
    lines,
    url: `http://127.0.0.1:${server.address.port}`,
    [Symbol.asyncDispose]: () => server.stop(),
  };
}
