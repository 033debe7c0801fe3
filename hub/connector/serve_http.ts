import { formatListenAddress } from "../../contracts/listen_address.ts";
import type { Logger } from "../../contracts/logger.ts";
import { answerHttp } from "../server/http.ts";
import type { ConnectorConfig } from "./config.ts";
import { type ConnectorParts, reportConnector } from "./introspection.ts";
import { ConnectorMetrics } from "./metrics.ts";

/**
 * Listens for who asks of health, metrics and the state of the legs.
 *
 * @param notReady undefined when packets can flow, else why not
 * @returns undefined when the port is taken and nobody had asked for it
 * @throws {Deno.errors.AddrInUse} when somebody had
 */
export function serveHttp(
  { hostname, port, optional }: NonNullable<ConnectorConfig["http"]>,
  parts: ConnectorParts,
  logger: Logger,
  notReady: () => string | undefined,
): Deno.HttpServer<Deno.NetAddr> | undefined {
  const { registry } = new ConnectorMetrics(parts);
  try {
    return Deno.serve({ hostname, port, onListen() {} }, (request) =>
      answerHttp(request, {
        notReady,
        metrics: async () => ({
          text: await registry.metrics(),
          contentType: registry.contentType,
        }),
        streams: () => reportConnector(parts),
      }));
  } catch (error) {
    if (!optional || !(error instanceof Deno.errors.AddrInUse)) throw error;
    logger("WARN", "no health and no metrics: the port is taken", {
      addr: formatListenAddress({ hostname, port }),
    });
    return undefined;
  }
}
