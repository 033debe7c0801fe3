import { HUB_ENV, TLS_ENV } from "../../contracts/transport/environment.ts";
import type { StepFiles } from "./step_environment.ts";

/** The hub's environment on one machine. */
export function hubEnvironment(
  { port, httpPort, stories, files }: {
    readonly port: number;
    readonly httpPort: number;
    /** File with the Story, its run and its transports. */
    readonly stories: string;
    readonly files: StepFiles;
  },
): Record<string, string> {
  return {
    HUB_LISTEN_ADDR: `127.0.0.1:${port}`,
    HUB_HTTP_LISTEN_ADDR: `127.0.0.1:${httpPort}`,
    HUB_STORIES_FILE: stories,
    HUB_DRAIN_TIMEOUT: "1s",
    [HUB_ENV.port]: String(port),
    [TLS_ENV.hubCertFile]: files.certificate,
    [TLS_ENV.hubKeyFile]: files.key,
    [TLS_ENV.hubCaFile]: files.authority,
  };
}
